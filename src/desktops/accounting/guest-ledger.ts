import type { MachineUsage } from '../../contract/host.ts';
import type { Account } from './accountant.ts';
import { Counter } from './counter.ts';
import type { GuestReading } from './figures.ts';

/** Below this the kernel's ticks of 10 ms are too coarse to tell a rate. */
export const shortestIntervalMs = 500;

/** What one machine has used since it was first watched, over all the processes that it had. */
export class GuestLedger {
  account: Account;
  usage: MachineUsage | null = null;
  readonly #cpuSeconds = new Counter();
  readonly #received = new Counter();
  readonly #sent = new Counter();
  #since: { at: number; cpuSeconds: number } | null = null;

  constructor(account: Account) {
    this.account = account;
  }

  /** Whether it is not known what it has. */
  get isUnmeasured(): boolean {
    return this.usage === null || this.usage.pssBytes === 0;
  }

  goOnWith(account: Account): void {
    const { pid, startTime } = this.account.process;
    if (account.process.pid !== pid || account.process.startTime !== startTime) {
      // The machine's network goes on as it is.
      this.#cpuSeconds.restart();
    }
    this.account = account;
  }

  enter(reading: GuestReading, now: number): void {
    this.#cpuSeconds.read(reading.cpuSeconds);
    this.#received.read(reading.traffic.receivedBytes);
    this.#sent.read(reading.traffic.sentBytes);
    const { pssBytes, privateBytes, diskBytes } = reading.held ??
      this.usage ?? { pssBytes: 0, privateBytes: 0, diskBytes: 0 };
    this.usage = {
      cpuSeconds: this.#cpuSeconds.value,
      cpus: this.#rate(now),
      pssBytes,
      privateBytes,
      diskBytes,
      receivedBytes: this.#received.value,
      sentBytes: this.#sent.value,
    };
  }

  /** No process is left: what it used stays used, and what it had is free. */
  rest(): void {
    if (this.usage !== null) this.usage = { ...this.usage, cpus: 0, pssBytes: 0, privateBytes: 0 };
    this.#since = null;
  }

  #rate(now: number): number {
    const cpuSeconds = this.#cpuSeconds.value;
    const since = this.#since;
    if (since !== null && now - since.at < shortestIntervalMs) return this.usage?.cpus ?? 0;
    this.#since = { at: now, cpuSeconds };
    if (since === null) return 0;
    return (cpuSeconds - since.cpuSeconds) / ((now - since.at) / 1000);
  }
}
