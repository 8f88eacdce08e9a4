import { describe, expect, it } from 'vitest';
import {
  machineSpec,
  type PoolRow,
  rowOfFields,
} from '../../../../../src/broker/pools/pool-rows.ts';
import { recipeOf } from '../../../../../src/broker/pools/spare-recipe.ts';
import { newPoolSchema } from '../../../../../src/contract/pool.ts';

const { groups, ...fields } = newPoolSchema.parse({ name: 'Office', image: 'porthole', spares: 2 });
const pool: PoolRow = { id: crypto.randomUUID(), ...rowOfFields(fields) };
const network = { kind: 'allowed', destinations: ['intranet.example:443'] } as const;

const made = (of: PoolRow, imageId = 'version 1') =>
  machineSpec(of, { id: crypto.randomUUID(), imageId, disk: { kind: 'fresh' } });

describe('the recipe of a spare', () => {
  it('is that of its pool, whichever machine it is', () => {
    expect(recipeOf(pool, 'version 1', made(pool))).toBe(recipeOf(pool, 'version 1'));
    expect(recipeOf(pool, 'version 1', made(pool))).toBe(recipeOf(pool, 'version 1', made(pool)));
  });

  it('is another one with another version of the image', () => {
    expect(recipeOf(pool, 'version 2')).not.toBe(recipeOf(pool, 'version 1'));
    expect(recipeOf(pool, 'version 2')).not.toBe(recipeOf(pool, 'version 2', made(pool)));
  });

  it.each<[keyof PoolRow, Partial<PoolRow>]>([
    ['engine', { engine: 'full' }],
    ['memory_mb', { memory_mb: 512 }],
    ['cpus', { cpus: 2 }],
    ['cpu_weight', { cpu_weight: 200 }],
    ['network', { network: JSON.stringify(network) }],
    ['home_mb', { home_mb: 512 }],
    ['instant_clones', { instant_clones: 0 }],
  ])('is another one with another %s', (_column, change) => {
    const changed = { ...pool, ...change };
    expect(recipeOf(changed, 'version 1')).not.toBe(recipeOf(pool, 'version 1'));
    expect(recipeOf(changed, 'version 1')).not.toBe(recipeOf(changed, 'version 1', made(pool)));
  });

  it.each<[keyof PoolRow, Partial<PoolRow>]>([
    ['name', { name: 'Study' }],
    ['description', { description: 'For all' }],
    ['spares', { spares: 5 }],
    ['suspend_after_minutes', { suspend_after_minutes: 10 }],
  ])('is the same with another %s, of which a machine knows nothing', (_column, change) => {
    expect(recipeOf({ ...pool, ...change }, 'version 1')).toBe(recipeOf(pool, 'version 1'));
  });
});
