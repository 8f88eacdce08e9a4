import type { Clock } from '../../contract/clock.ts';
import type { Host } from '../../desktops/engine.ts';
import type { TemplateKind } from '../../desktops/templates/template.ts';
import { createBackoff } from '../backoff.ts';
import type { Database } from '../store/store.ts';
import type { PoolMachines } from './pool-machines.ts';
import { type PoolRow, templateKind } from './pool-rows.ts';

/** Has the templates ready that the desktops of pools are cloned from. */
export type TemplateKeeper = {
  /** Prepares what is missing, one after the other. */
  look(): Promise<void>;
  /** Whether a template of the pool is not there yet, but will be. */
  isAwaited(pool: PoolRow, imageId: string): boolean;
};

type Deps = {
  db: Database;
  clock: Clock;
  host: Pick<Host, 'prepareTemplate'>;
  poolMachines: Pick<PoolMachines, 'imageOf'>;
  onFault(error: unknown): void;
};

export function createTemplateKeeper(deps: Deps): TemplateKeeper {
  const { db, clock, host, poolMachines, onFault } = deps;
  /** Kinds that nothing has to wait for any more: their template is there, or will never be. */
  const settled = new Set<string>();
  /** Kinds that could not be captured: each try takes a boot, so the next one waits. */
  const waits = new Map<string, { until: number; backoff: ReturnType<typeof createBackoff> }>();
  let looking: Promise<void> | null = null;

  async function prepare(kind: TemplateKind): Promise<void> {
    const key = keyOf(kind);
    if (clock.now() < (waits.get(key)?.until ?? 0)) return;
    try {
      const { kind: outcome } = await host.prepareTemplate(kind);
      if (outcome === 'failed') postpone(key);
      else waits.delete(key);
    } catch (error) {
      postpone(key);
      onFault(error);
    } finally {
      settled.add(key);
    }
  }

  function postpone(key: string): void {
    const backoff = waits.get(key)?.backoff ?? createBackoff();
    waits.set(key, { backoff, until: clock.now() + backoff.next(clock.now()) });
  }

  async function lookNow(): Promise<void> {
    for (const pool of await db.selectFrom('pools').selectAll().execute()) {
      const image = await poolMachines.imageOf(pool).catch(() => null);
      const kind = image && templateKind(pool, image.image_id);
      if (kind !== null) await prepare(kind);
    }
  }

  return {
    look: () => {
      // A capture takes seconds, and looks come meanwhile.
      looking ??= lookNow()
        .catch(onFault)
        .finally(() => {
          looking = null;
        });
      return looking;
    },
    isAwaited: (pool, imageId) => {
      const kind = templateKind(pool, imageId);
      return kind !== null && !settled.has(keyOf(kind));
    },
  };
}

function keyOf({ image, engine, memoryMb, cpus, hasNetwork }: TemplateKind): string {
  return [image, engine, memoryMb, cpus, hasNetwork].join(' ');
}
