import type { Clock } from '../contract/clock.ts';
import type { AsyncDisposable } from '../contract/disposable.ts';
import type { Host } from '../desktops/engine.ts';
import type { DiskFiles } from './disks/disk-files.ts';
import { sweepDisks } from './disks/disk-sweep.ts';
import { every } from './every.ts';
import type { Database } from './store/store.ts';

/** Removes files that nothing needs any more. */
export type Tidying = AsyncDisposable & {
  /** Now, as soon as what an earlier broker left was taken over, and every hour. */
  begin(): void;
  /** An image has gone. */
  pruneTemplates(): void;
};

type Deps = {
  db: Database;
  clock: Clock;
  files: DiskFiles;
  host: Pick<Host, 'machines' | 'pruneTemplates'>;
  onFault(error: unknown): void;
};

const everyMs = 60 * 60_000;

export function createTidying(deps: Deps): Tidying {
  const { clock, files, host, onFault } = deps;
  const rounds: { dispose(): void }[] = [];
  /** The last work begun; each waits for the one before. */
  let work: Promise<void> = Promise.resolve();

  function after(action: () => Promise<void>): void {
    work = work.then(action).catch(onFault);
  }
  const pruneTemplates = () => after(() => host.pruneTemplates());
  function round(): void {
    after(async () => {
      await files.prepare();
      await sweepDisks(deps);
    });
    pruneTemplates();
  }

  return {
    begin: () => {
      round();
      rounds.push(every(clock, everyMs, round));
    },
    pruneTemplates,
    dispose: () => {
      for (const each of rounds) each.dispose();
      return work;
    },
  };
}
