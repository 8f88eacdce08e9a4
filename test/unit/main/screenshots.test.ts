import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { LogEntry } from '../../../main/log.ts';
import { type Camera, Screenshots } from '../../../main/screenshots.ts';
import type { TerminalState } from '../../../src/contract/terminal.ts';
import { temporaryFolder } from './temporary-folder.ts';

const path = temporaryFolder();
const booting: TerminalState = { kind: 'booting', broker: null, retry: null };
const unenrolled: TerminalState = { kind: 'unenrolled', offer: null, problem: null };
const enrolling: TerminalState = {
  kind: 'enrolling',
  offer: { broker: 'b' },
  request: null,
  retry: null,
};

function start(camera: Partial<Camera> = {}) {
  const log: LogEntry[] = [];
  const screenshots = new Screenshots({
    dir: path('shots'),
    camera: { paint: async () => undefined, capture: async () => Buffer.from('png'), ...camera },
    log: (entry) => log.push(entry),
  });
  return { screenshots, log };
}

it('takes one picture for each kind of state, numbered in their order', async () => {
  const { screenshots } = start();
  for (const state of [booting, booting, unenrolled]) {
    screenshots.follow(state);
    await screenshots.settled();
  }
  expect(readdirSync(path('shots'))).toEqual(['01-booting.png', '02-unenrolled.png']);
  expect(readFileSync(path('shots', '01-booting.png'), 'utf8')).toBe('png');
});

it('leaves out states that pass while a picture is taken, but never the last', async () => {
  const { screenshots } = start();
  for (const state of [booting, unenrolled, enrolling]) screenshots.follow(state);
  await screenshots.settled();
  expect(readdirSync(path('shots'))).toEqual(['01-booting.png', '02-enrolling.png']);
});

it('waits until the page shows the state', async () => {
  let painted = (): void => undefined;
  const { screenshots } = start({
    paint: () =>
      new Promise((resolve) => {
        painted = resolve;
      }),
  });
  screenshots.follow(booting);
  expect(readdirSync(path('shots'))).toEqual([]);
  painted();
  await screenshots.settled();
  expect(readdirSync(path('shots'))).toEqual(['01-booting.png']);
});

it('goes on after a picture that could not be taken', async () => {
  let tries = 0;
  const { screenshots, log } = start({
    capture: async () => {
      tries += 1;
      if (tries === 1) throw new Error('the window is gone');
      return Buffer.from('png');
    },
  });
  screenshots.follow(booting);
  await screenshots.settled();
  screenshots.follow(unenrolled);
  await screenshots.settled();
  expect(log.map(({ level }) => level)).toEqual(['warn', 'info']);
});

it('uses a folder that is there already', () => {
  mkdirSync(path('shots'));
  expect(() => start()).not.toThrow();
});
