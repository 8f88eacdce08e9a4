import type { Clock } from '../../contract/clock.ts';
import type { Machine } from '../../desktops/engine.ts';
import { isOver } from '../../desktops/machine-state.ts';
import { createBackoff } from '../backoff.ts';
import type { MachineImage, MachineRows } from '../host-figures/machine-rows.ts';
import type { Database } from '../store/store.ts';
import type { PoolMachines } from './pool-machines.ts';
import type { PoolRow } from './pool-rows.ts';
import { recipeOf } from './spare-recipe.ts';
import type { TemplateKeeper } from './template-keeper.ts';

/** Desktops that run before anybody asks for them, a bounded number of each pool. */
export type Spares = {
  /** One that is ready, of this version of the pool's image; it is the caller's from now on. */
  take(poolId: string, imageId: string): Machine | null;
  /** Ids of the machines that an earlier broker kept ready. */
  claims(): Promise<ReadonlySet<string>>;
  /** Goes on with a machine of an earlier broker; false where it was no spare. */
  takeUp(machine: Machine): Promise<boolean>;
  /** Replaces what no longer fits, and fills up what is missing, one desktop of a pool at a time. */
  look(): Promise<void>;
  /** Gives up all of them, since the host is short of memory; says how many. */
  shed(): number;
  /** Gives up all of them for a desktop that somebody waits for; false where there is none to give. */
  makeRoom(): Promise<boolean>;
  close(): Promise<void>;
};

type Spare = { machine: Machine; poolId: string; imageId: string; recipe: string };

type Deps = {
  db: Database;
  clock: Clock;
  machines: Pick<MachineRows, 'of'>;
  poolMachines: PoolMachines;
  templates: Pick<TemplateKeeper, 'isAwaited'>;
  /** Whether the host has memory to spare. */
  hasRoom(): boolean;
  onFault(error: unknown): void;
};

/** Those given up would soon be missing again, and then be in the way again. */
const refillAfterMs = 60_000;

export function createSpares(deps: Deps): Spares {
  const { db, clock, machines, poolMachines, templates, hasRoom, onFault } = deps;
  const spares = new Map<string, Spare>();
  const waits = new Map<string, { until: number; backoff: ReturnType<typeof createBackoff> }>();
  /** Ends of those given up that are under way. */
  const stops = new Set<Promise<void>>();
  let looking: Promise<void> = Promise.resolve();
  let refillAt = Number.NEGATIVE_INFINITY;
  let closed = false;

  function keep(spare: Spare): void {
    const { machine, poolId } = spare;
    // It may have ended while that was written down, and would never say so again.
    if (isOver(machine.state)) {
      postpone(poolId);
      return;
    }
    spares.set(machine.spec.id, spare);
    const changes = machine.onChange((state) => {
      if (state.kind === 'running') waits.get(poolId)?.backoff.up(clock.now());
      if (!isOver(state)) return;
      changes.dispose();
      // One that ends although nobody told it to will end again: the next one waits.
      if (spares.delete(machine.spec.id)) postpone(poolId);
    });
  }

  function postpone(poolId: string): void {
    const backoff = waits.get(poolId)?.backoff ?? createBackoff();
    waits.set(poolId, { backoff, until: clock.now() + backoff.next(clock.now()) });
  }

  function drop({ machine }: Spare): void {
    spares.delete(machine.spec.id);
    const stop = machine.stop('asked').finally(() => stops.delete(stop));
    stops.add(stop);
  }

  function dropAll(): number {
    refillAt = clock.now() + refillAfterMs;
    const all = [...spares.values()];
    for (const spare of all) drop(spare);
    return all.length;
  }

  const ofPool = (poolId: string) => [...spares.values()].filter((each) => each.poolId === poolId);

  async function lookAt(pool: PoolRow): Promise<void> {
    const image = await poolMachines.imageOf(pool);
    const recipe = recipeOf(pool, image.image_id);
    for (const spare of ofPool(pool.id)) if (spare.recipe !== recipe) drop(spare);
    for (const spare of ofPool(pool.id).slice(pool.spares)) drop(spare);
    const isBusy = ofPool(pool.id).some(({ machine }) => machine.state.kind !== 'running');
    if (isBusy || ofPool(pool.id).length >= pool.spares || !mayStart(pool, image)) return;
    const owner = {
      purpose: 'spare',
      belongs_to: pool.id,
      belongs_to_name: pool.name,
      user_id: null,
    } as const;
    const machine = await poolMachines.start(pool, owner, image, { kind: 'fresh' });
    keep({ machine, poolId: pool.id, imageId: image.image_id, recipe });
    if (closed) drop({ machine, poolId: pool.id, imageId: image.image_id, recipe });
  }

  function mayStart(pool: PoolRow, image: MachineImage): boolean {
    const isEarly = clock.now() < Math.max(refillAt, waits.get(pool.id)?.until ?? 0);
    // Made a moment later, it is a clone.
    return !closed && !isEarly && hasRoom() && !templates.isAwaited(pool, image.image_id);
  }

  async function lookNow(): Promise<void> {
    const pools = await db.selectFrom('pools').selectAll().execute();
    const known = new Set(pools.map(({ id }) => id));
    for (const spare of [...spares.values()]) if (!known.has(spare.poolId)) drop(spare);
    for (const pool of pools) {
      if (pool.spares === 0 && ofPool(pool.id).length === 0) continue;
      await lookAt(pool).catch((error: unknown) => {
        postpone(pool.id);
        onFault(error);
      });
    }
  }

  return {
    take: (poolId, imageId) => {
      const ready = ofPool(poolId).find(
        (spare) => spare.imageId === imageId && spare.machine.state.kind === 'running',
      );
      if (ready === undefined) return null;
      spares.delete(ready.machine.spec.id);
      return ready.machine;
    },

    claims: async () => new Set((await machines.of('spare')).map(({ id }) => id)),

    takeUp: async (machine) => {
      const row = (await machines.of('spare')).find(({ id }) => id === machine.spec.id);
      if (row === undefined) return false;
      const { belongs_to: poolId, image_id: imageId } = row;
      const pools = await db.selectFrom('pools').selectAll().where('id', '=', poolId).execute();
      const [pool] = pools;
      poolMachines.follow(machine);
      // What the pool was when the spare was made is not known: as far as it shows in the machine.
      const fits =
        pool !== undefined && recipeOf(pool, imageId, machine.spec) === recipeOf(pool, imageId);
      keep({ machine, poolId, imageId, recipe: fits ? recipeOf(pool, imageId) : '' });
      return true;
    },

    look: () => {
      looking = looking.then(() => (closed ? undefined : lookNow())).catch(onFault);
      return looking;
    },

    shed: dropAll,

    makeRoom: async () => {
      if (spares.size > 0) dropAll();
      // Also those that another one who waits has just given up.
      const hadAny = stops.size > 0;
      await Promise.all(stops);
      return hadAny;
    },

    close: async () => {
      closed = true;
      await looking;
    },
  };
}
