import { describe, expect, it } from 'vitest';
import { RefusalNotes } from '../../../../../src/desktops/network/refusal-notes.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';

describe('notes of refusals', () => {
  it('are one a minute for each destination', () => {
    const clock = new FakeClock();
    const notes = new RefusalNotes(clock);
    expect([notes.isNews('a:1'), notes.isNews('a:1'), notes.isNews('b:1')]).toEqual([
      ...[true, false, true],
    ]);
    clock.pass(60_000);
    expect(notes.isNews('a:1')).toBe(true);
  });

  it('end when a guest asks for all there is', () => {
    const notes = new RefusalNotes(new FakeClock());
    const news = Array.from({ length: 1000 }, (_, at) => notes.isNews(`host-${at}:1`));
    expect(news.filter((isNews) => isNews)).toHaveLength(100);
  });
});
