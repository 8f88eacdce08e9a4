import { describe, expect, it } from 'vitest';
import {
  advance,
  beginBoot,
  finishedBetween,
  rememberedBoot,
  stepsOf,
} from '../../../../../src/broker/sessions/boot-progress.ts';

describe('a boot', () => {
  it('shows what is done, what goes on and what is to come', () => {
    const boot = advance(advance(beginBoot(1_000), 'starting-machine', 1_010), 'booting', 1_100);
    expect(stepsOf(boot, { booting: 8_000 }, 1_600)).toEqual([
      { name: 'preparing-disk', state: 'done', expectedMs: null, elapsedMs: 10 },
      { name: 'starting-machine', state: 'done', expectedMs: null, elapsedMs: 90 },
      { name: 'booting', state: 'active', expectedMs: 8_000, elapsedMs: 500 },
      { name: 'drawing', state: 'waiting', expectedMs: null, elapsedMs: null },
    ]);
  });

  it('never goes back', () => {
    const boot = advance(beginBoot(0), 'booting', 5);
    expect(advance(boot, 'starting-machine', 9)).toBe(boot);
    expect(advance(boot, 'booting', 9)).toBe(boot);
  });

  it('has no duration for a step that was passed over', () => {
    const before = beginBoot(0);
    const after = advance(before, 'drawing', 30);
    expect(finishedBetween(before, after)).toEqual([{ name: 'preparing-disk', durationMs: 30 }]);
    expect(stepsOf(after, {}, 30)[1]).toMatchObject({ state: 'done', elapsedMs: null });
  });

  it('is done when all is done', () => {
    const done = advance(beginBoot(0), 'done', 7);
    expect(stepsOf(done, {}, 99).every(({ state }) => state === 'done')).toBe(true);
    expect(advance(done, 'drawing', 100)).toBe(done);
  });

  it('is remembered as far as it was written down', () => {
    const boot = rememberedBoot({ 'preparing-disk': 1, 'starting-machine': 2 }, 50);
    expect(stepsOf(boot, {}, 60).map(({ state, elapsedMs }) => [state, elapsedMs])).toEqual([
      ['done', 1],
      ['done', 2],
      ['active', 10],
      ['waiting', null],
    ]);
  });
});
