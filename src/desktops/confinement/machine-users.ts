import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';

/**
 * Numbers of users that nobody gives out: above systemd's containers and below 2^31, where programs
 * begin to fail (systemd, "Users, Groups, UIDs and GIDs"; login.defs(5) ends at 600 100 000). They have
 * no names and no entries anywhere. The first is no user but the group of all guests.
 */
const firstNumber = 1_879_048_192;
export const guestsGroup = firstNumber;
export const userNumbers = { from: firstNumber + 1, count: 2 ** 28 - 2 ** 18 } as const;

export function isMachineUser(uid: number): boolean {
  return uid >= userNumbers.from && uid < userNumbers.from + userNumbers.count;
}

/** Gives each machine a user of its own, as long as it lasts. */
export class MachineUsers {
  readonly #users = new Map<string, number>();
  readonly #running: () => ReadonlySet<number>;

  /** `running`: users of the processes of this host, which may be of another broker's machines. */
  constructor(running: () => ReadonlySet<number>) {
    this.#running = running;
  }

  /** `earlier`: whose its files are, when a broker before this one has given it a user. */
  claim(machineId: string, earlier: number | null): number {
    const known = this.#users.get(machineId);
    if (known !== undefined) return known;
    const taken = new Set(this.#users.values());
    const uid =
      earlier !== null && isMachineUser(earlier) && !taken.has(earlier)
        ? earlier
        : this.#free(machineId, taken);
    this.#users.set(machineId, uid);
    return uid;
  }

  release(machineId: string): void {
    this.#users.delete(machineId);
  }

  /** Begins at a place that follows from the machine, so that brokers rarely try the same. */
  #free(machineId: string, taken: ReadonlySet<number>): number {
    const running = this.#running();
    let at = createHash('sha256').update(machineId).digest().readUInt32BE(0);
    for (;;) {
      const uid = userNumbers.from + (at % userNumbers.count);
      if (!taken.has(uid) && !running.has(uid)) return uid;
      at += 1;
    }
  }
}

/** Whose processes run on this host: a folder of proc belongs to the user of its process (proc(5)). */
export function usersOfProcesses(proc = '/proc'): Set<number> {
  const users = new Set<number>();
  for (const name of readdirSync(proc)) {
    if (!/^\d+$/.test(name)) continue;
    const stats = statSync(`${proc}/${name}`, { throwIfNoEntry: false });
    if (stats !== undefined) users.add(stats.uid);
  }
  return users;
}
