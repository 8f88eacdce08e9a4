import { describe, expect, it } from 'vitest';
import {
  awaitedFence,
  initialPacing,
  type Pacing,
  type PacingEvent,
  pace,
} from '../../../../../src/broker/gateway/update-pacing.ts';

const on: PacingEvent = { kind: 'enabled' };

function updated(bytes: number, at = 0): PacingEvent {
  return { kind: 'updated', bytes, at };
}

function pacedBy(...events: PacingEvent[]): Pacing {
  return events.reduce((pacing, event) => pace(pacing, event).pacing, initialPacing);
}

describe('who asks for updates', () => {
  it('is the client until it wants continuous updates, and once it does not', () => {
    expect(pace(initialPacing, updated(10))).toEqual({
      pacing: initialPacing,
      asks: false,
      fence: null,
    });
    expect(pace(initialPacing, on)).toMatchObject({ pacing: { kind: 'asking' }, asks: true });
    expect(pace(pacedBy(on), { kind: 'disabled' })).toMatchObject({
      pacing: { kind: 'off' },
      asks: false,
    });
  });

  it('is the gateway, again with each update while the client keeps up', () => {
    let pacing = pacedBy(on);
    for (const fence of [1, 2, 3]) {
      const step = pace(pacing, updated(1_000));
      expect(step).toMatchObject({ pacing: { kind: 'asking' }, asks: true, fence });
      pacing = step.pacing;
    }
    expect(awaitedFence(pacing)).toBe(1);
  });

  it('is nobody while too much is on its way, until enough of it was taken', () => {
    const full = pace(pacedBy(on, updated(20_000)), updated(20_000));
    expect(full).toMatchObject({ pacing: { kind: 'waiting' }, asks: false, fence: 2 });
    expect(pace(full.pacing, { kind: 'answered', at: 100 })).toMatchObject({
      pacing: { kind: 'asking' },
      asks: true,
    });
  });

  it('is nobody while too many small updates are on their way', () => {
    const many = pacedBy(on, ...Array.from({ length: 64 }, () => updated(1)));
    expect(many.kind).toBe('waiting');
    expect(pace(many, { kind: 'answered', at: 1 }).asks).toBe(true);
  });

  it('stays nobody when something comes that was not asked for, and counts it', () => {
    const step = pace(pacedBy(on, updated(40_000)), updated(100));
    expect(step).toMatchObject({ pacing: { kind: 'waiting' }, asks: false, fence: 2 });
    const { pacing } = step;
    expect(pacing.flow.sent.map(({ bytes }) => bytes)).toEqual([40_000, 100]);
  });

  it('is the clock, once updates can not be told apart', () => {
    const blind = pacedBy(on, updated(40_000), { kind: 'lost' });
    expect(blind.kind).toBe('blind');
    expect(pace(blind, { kind: 'tick' }).asks).toBe(true);
    expect(pace(blind, { kind: 'answered', at: 9 })).toMatchObject({
      pacing: { kind: 'blind', flow: { sent: [] } },
    });
    expect(pace(blind, { kind: 'disabled' }).pacing.kind).toBe('off');
    expect(pace(initialPacing, { kind: 'lost' }).pacing.kind).toBe('off');
  });
});

describe('a client over a long link', () => {
  /** Plays a guest with a new picture each 30 ms. Gives how many pictures came, and the most in flight. */
  function play(roundTripMs: number, bytesPerMs: number, updateBytes: number) {
    let pacing = pacedBy(on);
    let requested = true;
    let linkFreeAt = 0;
    let most = 0;
    let pictures = 0;
    const answersAt: number[] = [];
    const happen = (event: PacingEvent) => {
      const step = pace(pacing, event);
      pacing = step.pacing;
      requested ||= step.asks;
    };
    for (let now = 0; now < 10_000; now += 1) {
      if (answersAt[0] !== undefined && answersAt[0] <= now) {
        answersAt.shift();
        happen({ kind: 'answered', at: now });
      }
      if (now % 30 === 0 && requested) {
        requested = false;
        pictures += 1;
        linkFreeAt = Math.max(linkFreeAt, now) + updateBytes / bytesPerMs;
        answersAt.push(linkFreeAt + roundTripMs);
        happen(updated(updateBytes, now));
      }
      most = Math.max(most, pacing.flow.sent.length * updateBytes);
    }
    return { perSecond: pictures / 10, most };
  }

  it('gets as many pictures as one nearby', () => {
    const nearby = play(1, 10_000, 12_000).perSecond;
    expect(play(100, 10_000, 12_000).perSecond).toBeGreaterThan(0.9 * nearby);
    expect(play(300, 10_000, 12_000).perSecond).toBeGreaterThan(0.9 * nearby);
  });

  it('gets what a narrow link carries, with no more than a short queue before it', () => {
    const { perSecond, most } = play(40, 125, 12_000);
    expect(perSecond).toBeGreaterThan(0.9 * (125_000 / 12_000));
    // The least window, and the update that is over it.
    expect(most).toBeLessThan(32 * 1024 + 12_000);
  });
});
