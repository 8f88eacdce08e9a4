import { isProbeRequest } from './probe-request.ts';

/** What the stream has carried lately. */
export type StreamFigures = {
  /** Milliseconds; null before anything has told it. */
  roundTripMs: number | null;
  framesPerSecond: number;
  bytesPerSecond: number;
};

/**
 * What noVNC sends once it has taken an update: a FramebufferUpdateRequest (RFC 6143 section 7.5.3),
 * or the answer to the fence behind it (rfbproto, "Fence") where the broker asks in its place.
 */
const ends: readonly (number | undefined)[] = [3, 248];

/** After so long a silence, what comes next is the answer to a probe and no frame on its way. */
const quietMs = 300;

/** Counts what passes, at the price of a few additions; somebody who wants to know takes the sums. */
export class StreamCounter {
  #since: number;
  #bytes = 0;
  #frames = 0;
  #receivedAt: number;
  #probedAt: number | null = null;
  #answersProbe = false;
  #roundTripMs: number | null = null;

  /** Times are in milliseconds of any one clock. */
  constructor(at: number) {
    this.#since = at;
    this.#receivedAt = at;
  }

  sent(data: Uint8Array, at: number): void {
    if (isProbeRequest(data)) this.#probedAt ??= at;
    else if (!ends.includes(data[0])) return;
    // The answer to a probe is an update too, but no new picture.
    else if (this.#answersProbe) this.#answersProbe = false;
    else this.#frames += 1;
  }

  received(byteLength: number, at: number): void {
    this.#bytes += byteLength;
    this.#receivedAt = at;
    if (this.#probedAt === null) return;
    this.#roundTripMs = at - this.#probedAt;
    this.#probedAt = null;
    this.#answersProbe = true;
  }

  /** Whether a probe would be answered by its own answer, and none is on its way. */
  mayProbe(at: number): boolean {
    return this.#probedAt === null && at - this.#receivedAt >= quietMs;
  }

  /** Since it was last asked. */
  take(at: number): StreamFigures {
    const seconds = Math.max(at - this.#since, 1) / 1000;
    const figures = {
      roundTripMs: this.#roundTripMs,
      framesPerSecond: this.#frames / seconds,
      bytesPerSecond: this.#bytes / seconds,
    };
    this.#since = at;
    this.#bytes = 0;
    this.#frames = 0;
    return figures;
  }
}
