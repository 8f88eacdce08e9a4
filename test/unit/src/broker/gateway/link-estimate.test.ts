import { describe, expect, it } from 'vitest';
import {
  type Delivery,
  type LinkEstimate,
  learn,
  unknownLink,
  windowBytes,
} from '../../../../../src/broker/gateway/link-estimate.ts';

const delivery: Delivery = { tookMs: 100, bytes: 10_000, isAlone: false, isFull: false };

function learnt(...deliveries: Partial<Delivery>[]): LinkEstimate {
  return deliveries.reduce<LinkEstimate>(
    (link, each) => learn(link, { ...delivery, ...each }),
    unknownLink,
  );
}

describe('what is known of a link', () => {
  it('is the shortest round trip and the best rate', () => {
    expect(learnt({}, { tookMs: 50 }, { tookMs: 400 })).toEqual({ roundTripMs: 50, rate: 200 });
  });

  it('takes a round trip for longer when nothing of ours was in the way', () => {
    const link = learnt({ tookMs: 20 }, ...Array(20).fill({ tookMs: 200, isAlone: true }));
    expect(link.roundTripMs).toBeGreaterThan(190);
  });

  it('takes a link for slower when it was full, and not when there was little to send', () => {
    const little = Array(20).fill({ bytes: 100 });
    expect(learnt({}, ...little).rate).toBe(100);
    expect(learnt({}, ...little.map((each) => ({ ...each, isFull: true }))).rate).toBeLessThan(2);
  });
});

describe('what may be on its way', () => {
  it('is a few updates at first, what the link holds then, and never without end', () => {
    expect(windowBytes(unknownLink)).toBe(32 * 1024);
    expect(windowBytes({ roundTripMs: 100, rate: 1_000 })).toBe(200_000);
    expect(windowBytes({ roundTripMs: 100, rate: 1e6 })).toBe(4 * 1024 * 1024);
  });
});
