/** What is known of the link; null while nothing has told it. */
export type LinkSample = { roundTripMs: number | null; bytesPerSecond: number | null };

/** The client's messages that a server answers at once: version, security type, ClientInit. */
const handshakeMessages = 3; // RFC 6143 section 7.1 to 7.3
/**
 * What noVNC sends once it has taken an update: a FramebufferUpdateRequest (RFC 6143 section 7.5.3),
 * or the answer to the fence behind it (rfbproto, "Fence") where the broker asks in its place.
 */
const ends: readonly (number | undefined)[] = [3, 248];
const smallestBurstBytes = 32 * 1024;

/**
 * Measures the link by watching what passes anyway. Only the handshake tells the round trip: later
 * a server answers when its screen changes, which may be long after it was asked. The speed is that
 * of large answers, from their first piece, which waited for the screen, to their last.
 */
export class LinkMeter {
  #handshakes = 0;
  #askedAt: number | null = null;
  #roundTripMs: number | null = null;
  #awaitsUpdate = false;
  #burst: { from: number; to: number; bytes: number } | null = null;
  #bytesPerSecond: number | null = null;

  /** `at` is in milliseconds of any one clock. */
  sent(data: Uint8Array, at: number): void {
    if (this.#handshakes < handshakeMessages) {
      this.#handshakes += 1;
      this.#askedAt = at;
    } else if (ends.includes(data[0])) {
      this.#endBurst();
      this.#awaitsUpdate = true;
    }
  }

  received(byteLength: number, at: number): void {
    if (this.#askedAt !== null) {
      this.#roundTripMs = Math.min(
        this.#roundTripMs ?? Number.POSITIVE_INFINITY,
        at - this.#askedAt,
      );
      this.#askedAt = null;
    } else if (this.#awaitsUpdate) {
      this.#awaitsUpdate = false;
      this.#burst = { from: at, to: at, bytes: 0 };
    } else if (this.#burst !== null) {
      this.#burst.to = at;
      this.#burst.bytes += byteLength;
    }
  }

  sample(): LinkSample {
    return { roundTripMs: this.#roundTripMs, bytesPerSecond: this.#bytesPerSecond };
  }

  /** One burst may be unlucky, so the newest counts as much as all before it. */
  #endBurst(): void {
    const burst = this.#burst;
    this.#burst = null;
    if (burst === null || burst.bytes < smallestBurstBytes) return;
    const measured = (burst.bytes * 1000) / Math.max(burst.to - burst.from, 1);
    this.#bytesPerSecond = ((this.#bytesPerSecond ?? measured) + measured) / 2;
  }
}
