import { describe, expect, it } from 'vitest';
import { LinkMeter } from '../../../../renderer/stream/link-meter.ts';

const request = Uint8Array.of(3, 1, 0, 0, 0, 0, 4, 0, 3, 0);
const pointer = Uint8Array.of(5, 0, 0, 0, 0, 0);

/** A meter that has seen a handshake, each of its answers after the time given. */
function afterHandshake(...answersMs: [number, number, number]): LinkMeter {
  const meter = new LinkMeter();
  meter.received(12, 0);
  const messages = [new TextEncoder().encode('RFB 003.008\n'), Uint8Array.of(1), Uint8Array.of(1)];
  for (const [index, message] of messages.entries()) {
    const at = index * 1_000;
    meter.sent(message, at);
    meter.received(1, at + (answersMs[index] ?? 0));
  }
  return meter;
}

describe('what passing by tells of the link', () => {
  it('takes the shortest answer of the handshake for the round trip', () => {
    expect(afterHandshake(90, 31, 300).sample()).toEqual({ roundTripMs: 31, bytesPerSecond: null });
  });

  it('knows nothing before the first answer', () => {
    const meter = new LinkMeter();
    meter.sent(Uint8Array.of(1), 0);
    expect(meter.sample()).toEqual({ roundTripMs: null, bytesPerSecond: null });
  });

  it('does not take a screen at rest for a slow link', () => {
    const meter = afterHandshake(20, 20, 20);
    for (const at of [10_000, 20_000, 30_000]) {
      meter.sent(request, at);
      meter.received(100, at + 900);
    }
    expect(meter.sample()).toEqual({ roundTripMs: 20, bytesPerSecond: null });
  });

  it('times a large answer from its first piece to its last', () => {
    const meter = afterHandshake(20, 20, 20);
    meter.sent(request, 5_000);
    meter.received(65_536, 6_000);
    meter.received(50_000, 6_050);
    meter.received(50_000, 6_100);
    meter.sent(request, 6_200);
    expect(meter.sample().bytesPerSecond).toBe(1e6);
  });

  it('times one that nobody asked for, by the fences that follow updates', () => {
    const meter = afterHandshake(20, 20, 20);
    const fenceAnswer = Uint8Array.of(248, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0, 1);
    meter.sent(fenceAnswer, 5_000);
    meter.received(65_536, 6_000);
    meter.received(100_000, 6_100);
    meter.sent(fenceAnswer, 6_110);
    expect(meter.sample().bytesPerSecond).toBe(1e6);
  });

  it('lets a new answer count as much as those before it', () => {
    const meter = afterHandshake(20, 20, 20);
    for (const [at, durationMs] of [
      [5_000, 100],
      [6_000, 50],
    ] as const) {
      meter.sent(request, at);
      meter.received(1_000, at + 10);
      meter.received(100_000, at + 10 + durationMs);
    }
    meter.sent(request, 7_000);
    expect(meter.sample().bytesPerSecond).toBe(1.5e6);
  });

  it('does not take a small answer for a measure of speed', () => {
    const meter = afterHandshake(20, 20, 20);
    meter.sent(request, 5_000);
    meter.received(1_000, 5_010);
    meter.received(1_000, 5_020);
    meter.sent(request, 5_030);
    expect(meter.sample().bytesPerSecond).toBeNull();
  });

  it('is not misled by input that goes out or by bytes that nobody asked for', () => {
    const meter = afterHandshake(20, 20, 20);
    meter.received(1_000_000, 5_000);
    meter.sent(pointer, 5_010);
    meter.received(1_000_000, 5_011);
    expect(meter.sample()).toEqual({ roundTripMs: 20, bytesPerSecond: null });
  });
});
