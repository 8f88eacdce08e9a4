import { expect, it } from 'vitest';
import { probeRequest } from '../../../../renderer/stream/probe-request.ts';
import { StreamCounter } from '../../../../renderer/stream/stream-counter.ts';

const request = Uint8Array.of(3, 1, 0, 0, 0, 0, 0, 9, 0, 9);
const fence = Uint8Array.of(248, 0, 0, 0, 0, 0, 0, 0, 0);
const key = Uint8Array.of(4, 1, 0, 0, 0, 0, 0, 97);

it('counts what came, and a frame for each update that was taken', () => {
  const counter = new StreamCounter(0);
  for (const taken of [request, fence, key, request]) {
    counter.received(1_000, 10);
    counter.sent(taken, 20);
  }
  expect(counter.take(2_000)).toEqual({
    roundTripMs: null,
    framesPerSecond: 1.5,
    bytesPerSecond: 2_000,
  });
  expect(counter.take(3_000)).toMatchObject({ framesPerSecond: 0, bytesPerSecond: 0 });
});

it('takes the round trip from a probe, whose answer is no frame', () => {
  const counter = new StreamCounter(0);
  counter.sent(probeRequest(), 100);
  counter.received(16, 142);
  counter.sent(request, 143);
  expect(counter.take(1_000)).toMatchObject({ roundTripMs: 42, framesPerSecond: 0 });
  counter.received(5_000, 1_100);
  counter.sent(request, 1_110);
  expect(counter.take(2_000)).toMatchObject({ roundTripMs: 42, framesPerSecond: 1 });
});

it('asks for a probe in silence alone, and for one at a time', () => {
  const counter = new StreamCounter(0);
  expect(counter.mayProbe(299)).toBe(false);
  expect(counter.mayProbe(300)).toBe(true);
  counter.sent(probeRequest(), 300);
  expect(counter.mayProbe(1_000)).toBe(false);
  // One more by whoever watches over the link changes nothing of when the first was sent.
  counter.sent(probeRequest(), 2_500);
  counter.received(16, 2_600);
  expect(counter.take(3_000).roundTripMs).toBe(2_300);
  expect(counter.mayProbe(2_800)).toBe(false);
  expect(counter.mayProbe(2_900)).toBe(true);
});
