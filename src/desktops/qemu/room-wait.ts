import type { Clock } from '../../contract/clock.ts';
import type { Disposable } from '../../contract/disposable.ts';
import type { Log } from '../log.ts';

const retryMs = 5000;
/** A write that still does not fit fails at once. */
const proofMs = 1000;

export type RoomWaitDeps = {
  clock: Clock;
  log: Log;
  /** QMP `cont`. QEMU reports a write that fails again by a new event. */
  goOn: () => Promise<unknown>;
  /** Whether the guest is held by nobody else, who would be disturbed if it went on. */
  mayGoOn: () => boolean;
  /** The guest went on, and nothing that it wrote has failed since. */
  onRoom: () => void;
};

/**
 * When the host's disk is full, QEMU holds the guest at the write that did not fit. Nothing is
 * lost: the guest goes on as soon as the write is tried again and fits.
 */
export class RoomWait implements Disposable {
  readonly #deps: RoomWaitDeps;
  /** Since the guest is held. */
  #stage: 'none' | 'held' | 'tried' = 'none';
  #timer: Disposable | null = null;

  constructor(deps: RoomWaitDeps) {
    this.#deps = deps;
  }

  /** One write failed; several may at once. */
  begin(): void {
    if (this.#stage === 'held') return;
    if (this.#stage === 'none') {
      this.#deps.log.warn({}, 'disk full: the guest is held until there is room');
    }
    this.#wait();
  }

  dispose(): void {
    this.#stage = 'none';
    this.#timer?.dispose();
  }

  #wait(): void {
    this.#stage = 'held';
    this.#after(retryMs, () => this.#try());
  }

  #try(): void {
    const { mayGoOn, goOn, log } = this.#deps;
    if (!mayGoOn()) {
      this.#wait();
      return;
    }
    this.#stage = 'tried';
    this.#after(proofMs, () => this.#end());
    goOn().catch((error: unknown) => {
      // A connection that ended ends the machine too, elsewhere.
      log.warn({ error }, 'the guest held for want of room could not go on');
      if (this.#stage === 'tried') this.#wait();
    });
  }

  #end(): void {
    this.#stage = 'none';
    this.#deps.log.info({}, 'the guest that was held for want of room has gone on');
    this.#deps.onRoom();
  }

  #after(delayMs: number, action: () => void): void {
    this.#timer?.dispose();
    this.#timer = this.#deps.clock.after(delayMs, action);
  }
}
