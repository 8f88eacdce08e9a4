import type { Duplex } from 'node:stream';
import type { Clock } from '../contract/clock.ts';
import { CodedError } from '../contract/errors.ts';
import { ConsoleLog } from './console-log.ts';
import type { Guest } from './driver.ts';
import { readyMarker } from './images/manifest.ts';
import { tryToConnect } from './qemu/connect.ts';
import { GuestAgentClient } from './qemu/guest-agent.ts';
import type { MachinePaths } from './qemu/machine-paths.ts';

/** The guest that a machine has at the moment, and what is held open to it. */
export class GuestAtHand {
  readonly agent: GuestAgentClient;
  readonly #paths: MachinePaths;
  readonly #isUp: () => boolean;
  #guest: Guest | null = null;
  #console: ConsoleLog | null = null;
  #picture: Promise<Buffer> | null = null;

  /** `isUp`: whether the guest executes, so that it has a screen and may answer. */
  constructor(paths: MachinePaths, clock: Clock, isUp: () => boolean) {
    this.#paths = paths;
    this.#isUp = isUp;
    this.agent = new GuestAgentClient({ clock, connect: () => this.#callAgent() });
  }

  get guest(): Guest | null {
    return this.#guest;
  }

  /** @throws guest-failed when it does not execute */
  get running(): Guest {
    if (this.#guest === null || !this.#isUp()) {
      throw new CodedError('guest-failed', { detail: 'it does not run' });
    }
    return this.#guest;
  }

  take(guest: Guest): void {
    this.#guest = guest;
  }

  /** One at a time: whoever asks meanwhile is served the same. */
  picture(): Promise<Buffer> {
    this.#picture ??= this.#takePicture().finally(() => {
      this.#picture = null;
    });
    return this.#picture;
  }

  /** Keeps the console's log from growing without end, and sees the marker in it. */
  followConsole(): ConsoleLog {
    this.#console?.dispose();
    this.#console = new ConsoleLog(this.#paths.consoleLog, readyMarker);
    return this.#console;
  }

  /** Has no guest from now on, and whatever becomes of its process is no fault. */
  drop(): Guest | null {
    const guest = this.#guest;
    this.#guest = null;
    this.#console?.dispose();
    this.#console = null;
    return guest;
  }

  /** Lets go for good; the process may run on. */
  dispose(): void {
    this.#console?.dispose();
    this.#guest?.dispose();
    void this.agent.dispose();
  }

  async #takePicture(): Promise<Buffer> {
    return this.running.picture('png');
  }

  async #callAgent(): Promise<Duplex> {
    if (!this.#isUp()) throw new CodedError('guest-failed', { detail: 'it does not run' });
    const socket = await tryToConnect(this.#paths.agent);
    if (socket === null) throw new CodedError('guest-failed', { detail: 'no guest agent' });
    return socket;
  }
}
