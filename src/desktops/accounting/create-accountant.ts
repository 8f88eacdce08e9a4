import type { Clock } from '../../contract/clock.ts';
import type { Accelerator } from '../../contract/desktop.ts';
import type { Disposable } from '../../contract/disposable.ts';
import type { HostUsage } from '../../contract/host.ts';
import type { Log } from '../log.ts';
import type { Account, Accountant } from './accountant.ts';
import { Admission } from './admission.ts';
import type { AdmissionPolicy } from './admission-policy.ts';
import type { Figures, HostReading, TrafficOf } from './figures.ts';
import { GuestLedger, shortestIntervalMs } from './guest-ledger.ts';
import type { ProcessorTime } from './host-text.ts';
import type { Limits } from './limits.ts';
import { linuxFigures } from './linux-figures.ts';
import { portableFigures } from './portable-figures.ts';

const everyMs = 2000;
/** Memory takes milliseconds of the kernel's time for each guest, and changes slowly. */
const looksPerThoroughOne = 5;

export type AccountantDeps = {
  figures: Figures;
  policy: AdmissionPolicy;
  accelerator: Accelerator;
  /** How limits are enforced here. */
  limits: Limits['how'];
  clock: Clock;
  log: Log;
};

/** The figures that this system has. `dataDir`: of whose disk. */
export function figuresHere(dataDir: string, trafficOf: TrafficOf): Figures {
  return process.platform === 'linux' ? linuxFigures(dataDir, trafficOf) : portableFigures(dataDir);
}

/** Resolves when the host was measured for the first time. */
export async function createAccountant(deps: AccountantDeps): Promise<Accountant> {
  const { figures, clock } = deps;
  const first = await figures.host();
  const accountant = new MeasuringAccountant(deps, first, clock.now());
  accountant.begin();
  return accountant;
}

class MeasuringAccountant implements Accountant {
  readonly #deps: AccountantDeps;
  readonly #admission: Admission;
  readonly #ledgers = new Map<string, GuestLedger>();
  #reading: HostReading;
  #at: number;
  #cpu: { since: ProcessorTime; at: number; utilization: number };
  #looks = 0;
  /** Looks are one after the other: two at once would mix their intervals. */
  #looking: Promise<void> = Promise.resolve();
  #timer: Disposable | null = null;
  #disposed = false;

  constructor(deps: AccountantDeps, first: HostReading, at: number) {
    this.#deps = deps;
    this.#admission = new Admission(deps.policy);
    this.#reading = first;
    this.#at = at;
    // Until there is an interval, the average since the host was switched on.
    const utilization = busyShare({ busy: 0, total: 0 }, first.processorTime);
    this.#cpu = { since: first.processorTime, at, utilization };
  }

  begin(): void {
    this.#timer = this.#deps.clock.after(everyMs, () => void this.#round());
  }

  admit: Accountant['admit'] = (charge, { isRunning } = { isRunning: false }) => {
    const now = this.#deps.clock.now();
    if (isRunning) this.#admission.takeUp(charge, now);
    else this.#admission.admit(charge, this.#reading, now);
  };

  release: Accountant['release'] = (id) => this.#admission.release(id);

  watch: Accountant['watch'] = (account: Account) => {
    const ledger = this.#ledgers.get(account.id);
    if (ledger === undefined) this.#ledgers.set(account.id, new GuestLedger(account));
    else ledger.goOnWith(account);
  };

  unwatch: Accountant['unwatch'] = (id) => void this.#ledgers.delete(id);

  usageOf: Accountant['usageOf'] = (id) => this.#ledgers.get(id)?.usage ?? null;

  host: Accountant['host'] = (): HostUsage => {
    const { processorTime: _, ...reading } = this.#reading;
    const memoryUtilization = 1 - reading.memoryAvailableBytes / reading.memoryBytes;
    const cpuUtilization = this.#cpu.utilization;
    return {
      ...reading,
      at: new Date(this.#at).toISOString(),
      accelerator: this.#deps.accelerator,
      cpuUtilization,
      memoryUtilization,
      machines: this.#ledgers.size,
      committedBytes: this.#admission.committedBytes,
      utilization: Math.max(cpuUtilization, memoryUtilization),
      limits: this.#deps.limits,
    };
  };

  look: Accountant['look'] = () => this.#next(() => true);

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#timer?.dispose();
    await this.#looking;
  }

  async #round(): Promise<void> {
    this.#looks += 1;
    const thorough = this.#looks % looksPerThoroughOne === 0;
    try {
      await this.#next((ledger) => thorough || ledger.isUnmeasured);
    } catch (error) {
      this.#deps.log.warn({ err: error }, 'the host could not be measured');
    }
    if (!this.#disposed) this.begin();
  }

  #next(isThorough: (ledger: GuestLedger) => boolean): Promise<void> {
    const look = this.#looking.then(() => this.#measure(isThorough));
    this.#looking = look.catch(() => undefined); // whoever asked for it is told
    return look;
  }

  async #measure(isThorough: (ledger: GuestLedger) => boolean): Promise<void> {
    const { figures, clock } = this.#deps;
    const questions = [...this.#ledgers.values()].map((ledger) => ({
      account: ledger.account,
      thorough: isThorough(ledger),
    }));
    // The guests first: what they take in between then counts twice, and not never.
    const guests = await figures.guests(questions);
    const now = clock.now();
    for (const { account } of questions) {
      const ledger = this.#ledgers.get(account.id);
      const reading = guests.get(account.id);
      // It may have gone on with another process meanwhile.
      if (ledger?.account !== account) continue;
      if (reading === undefined) {
        ledger.rest();
        continue;
      }
      ledger.enter(reading, now);
      if (reading.held !== null) {
        this.#admission.measured(account.id, reading.held.privateBytes, now);
      }
    }
    this.#enterHost(await figures.host(), clock.now());
  }

  #enterHost(reading: HostReading, now: number): void {
    this.#reading = reading;
    this.#at = now;
    if (now - this.#cpu.at < shortestIntervalMs) return;
    const utilization = busyShare(this.#cpu.since, reading.processorTime);
    this.#cpu = { since: reading.processorTime, at: now, utilization };
  }
}

function busyShare(since: ProcessorTime, until: ProcessorTime): number {
  const total = until.total - since.total;
  if (total <= 0) return 0;
  return Math.min(1, Math.max(0, (until.busy - since.busy) / total));
}
