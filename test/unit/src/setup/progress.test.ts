import { describe, expect, it } from 'vitest';
import {
  barLine,
  createProgress,
  durationText,
  remainingText,
} from '../../../../src/setup/progress.mjs';

function recorder(isTTY: boolean) {
  let text = '';
  let time = 0;
  const output = { isTTY, columns: 80, write: (more: string) => (text += more) };
  return {
    progress: createProgress({ output, now: () => time }),
    pass: (ms: number) => {
      time += ms;
    },
    text: () => text,
  };
}

describe('a bar that is not on a terminal', () => {
  it('writes one line for each tenth, with the time left once it can tell', () => {
    const { progress, pass, text } = recorder(false);
    const bar = progress.begin('Building');
    for (let percent = 0; percent <= 100; percent += 1) {
      pass(100);
      bar.update(percent / 100);
    }
    bar.done();
    const lines = text().trim().split('\n');
    expect(lines).toHaveLength(11);
    expect(lines[0]).toBe('Building …');
    expect(lines[1]).toBe('Building 10 %');
    expect(lines[5]).toBe('Building 50 %, about 5 s left');
    expect(lines.at(-1)).toBe('✓ Building (10 s)');
  });

  it('leaves out tenths that were jumped over and never goes back', () => {
    const { progress, text } = recorder(false);
    const bar = progress.begin('Building');
    for (const fraction of [0.55, 0.2, 0.56, 7, Number.NaN]) bar.update(fraction);
    expect(text()).toBe('Building …\nBuilding 50 %\n');
  });
});

describe('a bar on a terminal', () => {
  it('redraws one line, not more often than can be seen, and never moves back', () => {
    const { progress, pass, text } = recorder(true);
    const bar = progress.begin('Building');
    pass(100);
    bar.update(0.5);
    bar.update(0.6);
    pass(100);
    bar.update(0.4);
    bar.fail('disk full');
    const frames = text().split('\r\u001b[2K').slice(1);
    expect(frames).toHaveLength(4);
    expect(frames[1]).toContain('50 %');
    expect(frames[2]).toContain('60 %');
    expect(frames[3]).toBe('✗ Building: disk full\n');
  });
});

describe('barLine', () => {
  const bar = {
    name: 'Building',
    fraction: 0.5,
    elapsedMs: 30_000,
    detail: 'libgtk-3-0',
    columns: 80,
  };

  it('shows name, bar, percent, time left and detail', () => {
    expect(barLine(bar)).toBe(
      `Building  ${'█'.repeat(12)}${'░'.repeat(12)}   50 %  about 30 s left  libgtk-3-0`,
    );
  });

  it.each([10, 40, 60])('fits into %i columns', (columns) => {
    expect(barLine({ ...bar, columns }).length).toBeLessThan(columns);
  });
});

describe('remainingText', () => {
  it.each([
    ['nothing was done yet', 0, 60_000],
    ['it has only begun', 0.5, 1_000],
    ['all is done', 1, 60_000],
  ])('says nothing when %s', (_when, fraction, elapsedMs) => {
    expect(remainingText(fraction, elapsedMs)).toBe('');
  });
});

describe('durationText', () => {
  it.each([
    [200, '1 s'],
    [59_400, '59 s'],
    [61_000, '1 min 01 s'],
  ])('%i ms is %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});
