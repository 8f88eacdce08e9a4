import type { Selectable } from 'kysely';
import type { Machine, MachineSpec } from '../../desktops/engine.ts';
import { isOver } from '../../desktops/machine-state.ts';
import type { MachineTable } from '../store/schema.ts';
import type { Database } from '../store/store.ts';

export type MachineRow = Selectable<MachineTable>;

/** What a machine is for, and whose it is. */
export type MachineOwner = Pick<
  MachineTable,
  'purpose' | 'belongs_to' | 'belongs_to_name' | 'user_id'
>;

/** The version of the image that its disk lies on. */
export type MachineImage = Pick<MachineTable, 'image_id' | 'image_version'>;

/** What a broker that comes back claims, and what the figures of the host are listed by. */
export type MachineRows = {
  /** Before the machine is made: one that no row claims is reaped at the next start. */
  claim(spec: MachineSpec, owner: MachineOwner, image: MachineImage): Promise<void>;
  /** Writes down how it is now; one that is over goes from the list. */
  save(machine: Machine): Promise<void>;
  remove(id: string): Promise<void>;
  /** It is somebody else's from now on. */
  handOver(id: string, owner: MachineOwner): Promise<void>;
  /** Forgets machines that are gone: all but these. */
  forgetAllBut(ids: ReadonlySet<string>): Promise<void>;
  of(purpose: MachineOwner['purpose']): Promise<MachineRow[]>;
};

type Deps = { db: Database; clock: { now(): number } };

export function createMachineRows({ db, clock }: Deps): MachineRows {
  const remove = async (id: string) => {
    await db.deleteFrom('machines').where('id', '=', id).execute();
  };
  return {
    claim: async (spec, owner, image) => {
      await db
        .insertInto('machines')
        .values({
          id: spec.id,
          ...owner,
          ...image,
          engine: spec.engine,
          memory_mb: spec.memoryMb,
          cpus: spec.cpus,
          state: 'preparing',
          origin: null,
          started_at: clock.now(),
          usage: null,
        })
        .execute();
    },

    save: async ({ spec, state, origin }) => {
      if (isOver(state)) {
        await remove(spec.id);
        return;
      }
      await db
        .updateTable('machines')
        .set({ state: state.kind, origin: origin === null ? null : JSON.stringify(origin) })
        .where('id', '=', spec.id)
        .execute();
    },

    remove,

    handOver: async (id, owner) => {
      await db.updateTable('machines').set(owner).where('id', '=', id).execute();
    },

    forgetAllBut: async (ids) => {
      await db
        .deleteFrom('machines')
        .$if(ids.size > 0, (query) => query.where('id', 'not in', [...ids]))
        .execute();
    },

    of: (purpose) => db.selectFrom('machines').selectAll().where('purpose', '=', purpose).execute(),
  };
}
