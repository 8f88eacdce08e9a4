import type { Clock } from '../../contract/clock.ts';
import type { AsyncDisposable, Disposable } from '../../contract/disposable.ts';
import type { Host } from '../../desktops/engine.ts';
import { isOver } from '../../desktops/machine-state.ts';
import { every } from '../every.ts';
import type { Database } from '../store/store.ts';
import { createAverages } from './averages.ts';

/** Writes down what the host and its guests use, for people and for planning. */
export type HostFigures = AsyncDisposable & {
  /** Writes down what is known now; it does so by itself every few seconds. */
  record(): Promise<void>;
};

type Deps = {
  db: Database;
  clock: Clock;
  host: Pick<Host, 'usage' | 'machines'>;
  onFault(error: unknown): void;
};

const lookEveryMs = 2_000;
const recordEveryMs = 10_000;
const sampleEveryMs = 60_000;
const pruneEveryMs = 60 * 60_000;
const keptForMs = 31 * 24 * 60 * 60_000;

export function createHostFigures({ db, clock, host, onFault }: Deps): HostFigures {
  const averages = createAverages();
  /** The last write begun; each waits for the one before. */
  let written: Promise<void> = Promise.resolve();

  function write(action: () => Promise<void>): Promise<void> {
    written = written.then(action).catch(onFault);
    return written;
  }

  async function recordNow(): Promise<void> {
    const usage = JSON.stringify(host.usage());
    await db.transaction().execute(async (transaction) => {
      await transaction
        .insertInto('host_usage')
        .values({ id: 1, usage })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ usage }))
        .execute();
      for (const machine of host.machines().filter(({ state }) => !isOver(state))) {
        const measured = machine.usage();
        await transaction
          .updateTable('machines')
          .set({
            state: machine.state.kind,
            origin: machine.origin === null ? null : JSON.stringify(machine.origin),
            usage: measured === null ? null : JSON.stringify(measured),
          })
          .where('id', '=', machine.spec.id)
          .execute();
      }
    });
  }

  async function writeSample(): Promise<void> {
    const sample = averages.take();
    if (sample === null) return;
    await db
      .insertInto('host_samples')
      .values({ at: clock.now(), ...sample })
      // A clock that was set back gives the same moment twice.
      .onConflict((conflict) => conflict.column('at').doUpdateSet(sample))
      .execute();
  }

  async function prune(): Promise<void> {
    await db
      .deleteFrom('host_samples')
      .where('at', '<', clock.now() - keptForMs)
      .execute();
  }

  const rounds: Disposable[] = [
    every(clock, lookEveryMs, () => averages.add(host.usage())),
    every(clock, recordEveryMs, () => void write(recordNow)),
    every(clock, sampleEveryMs, () => void write(writeSample)),
    every(clock, pruneEveryMs, () => void write(prune)),
  ];

  return {
    record: () => write(recordNow),
    dispose: async () => {
      for (const round of rounds) round.dispose();
      await written;
    },
  };
}
