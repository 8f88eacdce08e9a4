import type { Clock } from '../../contract/clock.ts';
import type { Disposable } from '../../contract/disposable.ts';
import type { Log } from '../log.ts';

const retryMs = 5000;

/**
 * When the host's disk is full, QEMU holds the guest at the write that did not fit. Nothing is
 * lost: the guest goes on as soon as the write is tried again and fits.
 */
export class RoomWait implements Disposable {
  readonly #clock: Clock;
  readonly #goOn: () => Promise<unknown>;
  readonly #log: Log;
  #timer: Disposable | null = null;

  /** `goOn`: QMP `cont`. QEMU reports a write that fails again by a new event. */
  constructor(deps: { clock: Clock; goOn: () => Promise<unknown>; log: Log }) {
    this.#clock = deps.clock;
    this.#goOn = deps.goOn;
    this.#log = deps.log;
  }

  /** One write failed; several may at once. */
  begin(): void {
    if (this.#timer !== null) return;
    this.#log.warn({}, 'disk full: the guest is held until there is room');
    this.#timer = this.#clock.after(retryMs, () => {
      this.#timer = null;
      this.#goOn().catch((error: unknown) => {
        // A connection that ended ends the machine too, elsewhere.
        this.#log.warn({ error }, 'the guest held for want of room could not go on');
      });
    });
  }

  dispose(): void {
    this.#timer?.dispose();
  }
}
