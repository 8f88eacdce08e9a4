import type { Selectable } from 'kysely';
import { CodedError } from '../../contract/errors.ts';
import { networkPolicySchema } from '../../contract/pool.ts';
import type { MachineSpec } from '../../desktops/engine.ts';
import type { ServerTable } from '../store/schema.ts';
import type { Database } from '../store/store.ts';

export type ServerRow = Selectable<ServerTable>;

/** What a supervisor writes of a server. */
export type ServerChange = Partial<
  Pick<ServerTable, 'state' | 'problem' | 'restarts' | 'machine_id' | 'wanted' | 'disk_made'>
>;

export type ServerRows = {
  all(): Promise<ServerRow[]>;
  update(id: string, change: ServerChange): Promise<void>;
};

export function createServerRows({ db }: { db: Database }): ServerRows {
  return {
    all: () => db.selectFrom('servers').selectAll().orderBy('name').execute(),
    update: async (id, change) => {
      await db.updateTable('servers').set(change).where('id', '=', id).execute();
    },
  };
}

/** @throws not-found */
export async function serverRow(db: Database, id: string): Promise<ServerRow> {
  const row = await db.selectFrom('servers').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw new CodedError('not-found', { detail: 'virtual server' });
  return row;
}

/** What its next machine is made of. */
export function serverSpec(row: ServerRow, machineId: string, disk: string): MachineSpec {
  return {
    id: machineId,
    image: row.image_id,
    engine: row.engine,
    memoryMb: row.memory_mb,
    cpus: row.cpus,
    hostname: hostnameFrom(row.name, `server-${row.id.slice(0, 8)}`),
    cpuWeight: row.cpu_weight,
    network: networkPolicySchema.parse(JSON.parse(row.network)),
    disk: { kind: 'kept', path: disk },
    // It has a past of its own, which the memory of a template knows nothing of.
    clone: false,
    homeMb: 0,
  };
}

/** What people call it, as far as it makes a label of RFC 1123. */
export function hostnameFrom(name: string, otherwise: string): string {
  const label = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replaceAll(/^-+|-+$/g, '');
  return label === '' ? otherwise : label;
}
