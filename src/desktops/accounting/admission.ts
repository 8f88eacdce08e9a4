import { CodedError } from '../../contract/errors.ts';
import type { Charge } from './accountant.ts';
import { type AdmissionPolicy, reserveOf } from './admission-policy.ts';
import { amount } from './amount.ts';
import type { HostReading } from './figures.ts';

const MiB = 1024 ** 2;

/** What admission looks at of the host. */
type Room = Pick<
  HostReading,
  'cpuCount' | 'memoryBytes' | 'memoryAvailableBytes' | 'memoryPressure' | 'diskAvailableBytes'
>;

type Admitted = {
  charge: Charge;
  at: number;
  /** What it was taken to come to use. */
  expectedBytes: number;
  /** Of its own, at the last look. */
  usedBytes: number;
};

/** Guests that share memory are much alike, and one is taken to become as those before it. */
type Kind = 'booted' | 'clone' | 'os-level';

/** Whether one more guest fits, by the last reading and all that was promised since. */
export class Admission {
  readonly #policy: AdmissionPolicy;
  readonly #admitted = new Map<string, Admitted>();
  /** Share of its memory that a settled guest of the kind was seen to use. */
  readonly #seen = new Map<Kind, number>();

  constructor(policy: AdmissionPolicy) {
    this.#policy = policy;
  }

  /** Bytes that all may come to use at most. */
  get committedBytes(): number {
    return this.#sum(({ charge }) => this.#worstCase(charge));
  }

  /** The same id again takes the place of its former charge. @throws host-full */
  admit(charge: Charge, room: Room, now: number): void {
    const former = this.#admitted.get(charge.id);
    this.#admitted.delete(charge.id);
    const expectedBytes = this.#expected(charge);
    const detail = this.#shortage(charge, expectedBytes, room, now);
    if (detail !== null) {
      if (former !== undefined) this.#admitted.set(charge.id, former);
      throw new CodedError('host-full', { detail });
    }
    this.#admitted.set(charge.id, { charge, at: now, expectedBytes, usedBytes: 0 });
  }

  /** Counts a guest that runs already. */
  takeUp(charge: Charge, now: number): void {
    this.#admitted.delete(charge.id);
    const expectedBytes = this.#expected(charge);
    this.#admitted.set(charge.id, { charge, at: now, expectedBytes, usedBytes: 0 });
  }

  release(id: string): void {
    this.#admitted.delete(id);
  }

  /** Takes in what a guest was measured to have of its own, and learns from it once it has settled. */
  measured(id: string, privateBytes: number, now: number): void {
    const admitted = this.#admitted.get(id);
    if (admitted === undefined) return;
    admitted.usedBytes = privateBytes;
    const kind = kindOf(admitted.charge);
    if (this.#isSettled(admitted, now)) this.#seen.set(kind, this.#highShare(kind, now));
  }

  /** What was promised and is not taken yet: the host's available memory still counts it. */
  pendingBytes(now: number): number {
    return this.#sum((admitted) => {
      const rest = Math.max(0, admitted.expectedBytes - admitted.usedBytes);
      return this.#isSettled(admitted, now) ? rest * this.#policy.growthShare : rest;
    });
  }

  /** What is short, in words; null when it fits. */
  #shortage(charge: Charge, expectedBytes: number, room: Room, now: number): string | null {
    const { overcommit, pressure, diskBytes } = this.#policy;
    const reserve = reserveOf(this.#policy, room.memoryBytes);
    const free = room.memoryAvailableBytes - this.pendingBytes(now) - reserve;
    if (expectedBytes > free) {
      return `another desktop needs about ${amount(expectedBytes)} of memory, and ${amount(free)} are free; ${amount(reserve)} are kept in reserve`;
    }
    const committed = this.committedBytes + this.#worstCase(charge);
    const limit = overcommit.memory * room.memoryBytes;
    if (committed > limit) {
      return `with another desktop all together could come to use ${amount(committed)} of memory, and ${amount(limit)} are allowed: ${overcommit.memory} times what the broker has`;
    }
    const cpus = this.#sum((admitted) => admitted.charge.cpus) + charge.cpus;
    const cpuLimit = overcommit.cpu * room.cpuCount;
    if (cpus > cpuLimit) {
      return `with another desktop all together would have ${cpus} processors, and ${cpuLimit} are allowed: ${overcommit.cpu} for each that the broker has`;
    }
    const waited = room.memoryPressure ?? 0;
    if (waited >= pressure) {
      return `programs of the broker waited for memory in ${percent(waited)} of the last ten seconds; from ${percent(pressure)} on nothing more is started`;
    }
    if (room.diskAvailableBytes < diskBytes) {
      return `${amount(room.diskAvailableBytes)} are free on the disk of the broker, and ${amount(diskBytes)} are needed`;
    }
    return null;
  }

  #expected(charge: Charge): number {
    const memory = charge.memoryMb * MiB;
    const kind = kindOf(charge);
    const seen = this.#seen.get(kind);
    switch (kind) {
      case 'booted':
        return this.#worstCase(charge);
      case 'clone':
        return (seen ?? this.#policy.first.cloneShare) * memory;
      case 'os-level':
        return seen === undefined
          ? Math.min(memory, this.#policy.first.osLevelMb * MiB)
          : seen * memory;
    }
  }

  #worstCase({ engine, memoryMb }: Charge): number {
    return (memoryMb + (engine === 'os-level' ? 0 : this.#policy.overheadMb)) * MiB;
  }

  #isSettled({ at }: Admitted, now: number): boolean {
    return now - at >= this.#policy.settledMs;
  }

  /** Nine of ten settled guests of the kind use no more than this share of their memory. */
  #highShare(kind: Kind, now: number): number {
    const shares = [...this.#admitted.values()]
      .filter((admitted) => kindOf(admitted.charge) === kind && this.#isSettled(admitted, now))
      .filter(({ usedBytes }) => usedBytes > 0)
      .map(({ charge, usedBytes }) => usedBytes / (charge.memoryMb * MiB))
      .toSorted((a, b) => a - b);
    return shares[Math.ceil(shares.length * 0.9) - 1] ?? 0;
  }

  #sum(bytes: (admitted: Admitted) => number): number {
    return [...this.#admitted.values()].reduce((sum, admitted) => sum + bytes(admitted), 0);
  }
}

function kindOf({ engine, isClone }: Charge): Kind {
  if (engine === 'os-level') return 'os-level';
  return isClone ? 'clone' : 'booted';
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
