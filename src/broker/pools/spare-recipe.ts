import type { MachineSpec } from '../../desktops/engine.ts';
import { machineSpec, type PoolRow } from './pool-rows.ts';

/**
 * Everything of a machine of the pool that its users could tell apart, as one text: spares with
 * another recipe are of an earlier time. @param made of a machine that is there already
 */
export function recipeOf(pool: PoolRow, imageId: string, made?: MachineSpec): string {
  const wanted = machineSpec(pool, { id: '', imageId, disk: { kind: 'fresh' } });
  const { id, hostname, ...rest } = made ?? wanted;
  const sorted = Object.entries(rest).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(sorted));
}
