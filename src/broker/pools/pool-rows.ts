import type { Selectable } from 'kysely';
import { networkPolicySchema, type Pool } from '../../contract/pool.ts';
import { type SessionPolicy, sessionPolicySchema } from '../../contract/session-policy.ts';
import type { MachineSpec } from '../../desktops/engine.ts';
import type { TemplateKind } from '../../desktops/templates/template.ts';
import type { PoolTable } from '../store/schema.ts';
import type { Database } from '../store/store.ts';

export type PoolRow = Selectable<PoolTable>;

/** Of a pool, without its groups: as the store has it, and as the API does. */
export type PoolFields = Omit<Pool, 'id' | 'groups' | 'desktops' | 'disks'>;

export function fieldsOfRow(row: PoolRow): PoolFields {
  return {
    name: row.name,
    description: row.description,
    image: row.image,
    engine: row.engine,
    memoryMb: row.memory_mb,
    cpus: row.cpus,
    cpuWeight: row.cpu_weight,
    network: networkPolicySchema.parse(JSON.parse(row.network)),
    persistence: row.persistence,
    spares: row.spares,
    instantClones: row.instant_clones === 1,
    suspendAfterMinutes: row.suspend_after_minutes,
    homeMb: row.home_mb,
    policy: policyOfRow(row),
  };
}

export function rowOfFields(fields: PoolFields): Omit<PoolRow, 'id'> {
  return {
    name: fields.name,
    description: fields.description,
    image: fields.image,
    engine: fields.engine,
    memory_mb: fields.memoryMb,
    cpus: fields.cpus,
    cpu_weight: fields.cpuWeight,
    network: JSON.stringify(fields.network),
    persistence: fields.persistence,
    spares: fields.spares,
    instant_clones: fields.instantClones ? 1 : 0,
    suspend_after_minutes: fields.suspendAfterMinutes,
    home_mb: fields.homeMb,
    policy: JSON.stringify(fields.policy),
  };
}

export function policyOfRow({ policy }: Pick<PoolRow, 'policy'>): SessionPolicy {
  return sessionPolicySchema.parse(JSON.parse(policy));
}

export async function findPool(db: Database, id: string): Promise<PoolRow | null> {
  const row = await db.selectFrom('pools').selectAll().where('id', '=', id).executeTakeFirst();
  return row ?? null;
}

/** What a machine of the pool is made of. @param imageId the version of its image */
export function machineSpec(
  row: PoolRow,
  { id, imageId, disk }: { id: string; imageId: string; disk: MachineSpec['disk'] },
): MachineSpec {
  const { engine, memoryMb, cpus, cpuWeight, network, homeMb, instantClones } = fieldsOfRow(row);
  return {
    id,
    image: imageId,
    engine,
    memoryMb,
    cpus,
    cpuWeight,
    network,
    homeMb,
    hostname: `desktop-${id.slice(0, 8)}`,
    disk,
    clone: instantClones && engine !== 'os-level' && disk.kind === 'fresh',
  };
}

/** What its desktops are cloned from; null where they boot. */
export function templateKind(row: PoolRow, imageId: string): TemplateKind | null {
  const { engine, memoryMb, cpus, network, instantClones, persistence } = fieldsOfRow(row);
  if (!instantClones || engine === 'os-level' || persistence === 'persistent') return null;
  return { image: imageId, engine, memoryMb, cpus, hasNetwork: network.kind !== 'none' };
}
