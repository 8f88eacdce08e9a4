import type { Pool } from '../../contract/pool.ts';
import type { Database } from '../store/store.ts';
import { fieldsOfRow } from './pool-rows.ts';

/** Pools with all that they have, by name; or the one with the id. */
export async function readPools(db: Database, id?: string): Promise<Pool[]> {
  const rows = await db
    .selectFrom('pools')
    .selectAll()
    .$if(id !== undefined, (query) => query.where('id', '=', id ?? ''))
    .orderBy('name')
    .execute();
  const groups = Map.groupBy(await entitledGroups(db), ({ pool_id }) => pool_id);
  const machines = Map.groupBy(await machinesOfPools(db), ({ belongs_to }) => belongs_to);
  const disks = Map.groupBy(
    await db.selectFrom('kept_disks').select('pool_id').execute(),
    ({ pool_id }) => pool_id,
  );
  return rows.map((row) => ({
    id: row.id,
    ...fieldsOfRow(row),
    groups: (groups.get(row.id) ?? []).map(({ id: groupId, name }) => ({ id: groupId, name })),
    desktops: countsOf(machines.get(row.id) ?? []),
    disks: (disks.get(row.id) ?? []).length,
  }));
}

function entitledGroups(db: Database) {
  return db
    .selectFrom('entitlements')
    .innerJoin('groups', 'groups.id', 'entitlements.group_id')
    .select(['pool_id', 'groups.id', 'groups.name'])
    .orderBy('groups.name')
    .execute();
}

function machinesOfPools(db: Database) {
  return db
    .selectFrom('machines')
    .select(['belongs_to', 'purpose', 'state'])
    .where('purpose', 'in', ['session', 'spare'])
    .execute();
}

function countsOf(machines: readonly { purpose: string; state: string }[]): Pool['desktops'] {
  const isAsleep = ({ state }: { state: string }) => state === 'suspended';
  const sessions = machines.filter(({ purpose }) => purpose === 'session');
  return {
    inUse: sessions.filter((machine) => !isAsleep(machine)).length,
    spare: machines.length - sessions.length,
    suspended: sessions.filter(isAsleep).length,
  };
}
