import type { RawChannel } from '@novnc/novnc';
import { withoutQuality } from './set-encodings.ts';

export type ChannelObserver = {
  sent(data: Uint8Array): void;
  received(byteLength: number): void;
  /** noVNC is about to take its canvas away: the last moment to keep a picture of it. */
  closing(): void;
  /** WebSocket close code (RFC 6455 section 7.4), which noVNC keeps to itself. Called once. */
  closed(code: number): void;
};

/**
 * A WebSocket as noVNC sees it, with somebody looking on. noVNC looks for the properties by name on
 * the object and its prototype, so this is written out rather than proxied.
 */
export class StreamChannel implements RawChannel {
  onopen: RawChannel['onopen'] = null;
  onmessage: RawChannel['onmessage'] = null;
  onerror: RawChannel['onerror'] = null;
  onclose: RawChannel['onclose'] = null;
  /** Whether the client says nothing of quality, though noVNC always does. */
  isExact = true;
  readonly #socket: WebSocket;
  readonly #observer: ChannelObserver;

  constructor(socket: WebSocket, observer: ChannelObserver) {
    this.#socket = socket;
    this.#observer = observer;
    socket.binaryType = 'arraybuffer';
    socket.onopen = (event) => this.onopen?.(event);
    socket.onerror = (event) => this.onerror?.(event);
    socket.onmessage = (event: MessageEvent<ArrayBuffer>) => {
      observer.received(event.data.byteLength);
      this.onmessage?.(event);
    };
    socket.onclose = (event) => {
      observer.closing();
      this.onclose?.(event);
      observer.closed(event.code);
    };
  }

  get binaryType(): BinaryType {
    return this.#socket.binaryType;
  }

  set binaryType(type: BinaryType) {
    this.#socket.binaryType = type;
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  get readyState(): number {
    return this.#socket.readyState;
  }

  /**
   * One or more whole messages. noVNC writes and flushes each of its messages within one call, so
   * between two tasks of the page there is never half of one on its way.
   */
  send(data: Uint8Array<ArrayBuffer>): void {
    this.#observer.sent(data);
    this.#socket.send(this.isExact ? withoutQuality(data) : data);
  }

  close(): void {
    this.#observer.closing();
    this.#socket.close();
  }
}
