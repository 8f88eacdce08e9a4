import { describe, expect, it } from 'vitest';
import { findPool } from '../../../../../src/broker/pools/pool-rows.ts';
import { createTemplateKeeper } from '../../../../../src/broker/pools/template-keeper.ts';
import { problem } from '../../../../../src/contract/errors.ts';
import type { TemplateState } from '../../../../../src/desktops/templates/template.ts';
import { startPools } from './pool-fixture.ts';

const failed: TemplateState = { kind: 'failed', problem: problem('guest-boot-timeout') };

describe('the templates of pools', () => {
  it('are prepared for what desktops are cloned from, and for nothing else', async () => {
    const pools = await startPools();
    await pools.add({ memoryMb: 512, network: { kind: 'allowed', destinations: ['a.test:443'] } });
    await pools.add({ instantClones: false });
    await pools.add({ engine: 'os-level' });
    await pools.add({ persistence: 'persistent' });
    await createTemplateKeeper(pools).look();
    expect(pools.host.prepared).toEqual([
      { image: await pools.imageId(), engine: 'para', memoryMb: 512, cpus: 1, hasNetwork: true },
    ]);
  });

  it('are awaited until it is known what comes of them, also of a new version', async () => {
    const pools = await startPools();
    const pool = await findPool(pools.db, await pools.add());
    if (pool === null) throw new Error('there is no pool');
    const keeper = createTemplateKeeper(pools);
    expect(keeper.isAwaited(pool, await pools.imageId())).toBe(true);
    await keeper.look();
    expect(keeper.isAwaited(pool, await pools.imageId())).toBe(false);
    pools.publish();
    expect(keeper.isAwaited(pool, await pools.imageId())).toBe(true);
    await keeper.look();
    expect(keeper.isAwaited(pool, await pools.imageId())).toBe(false);
  });

  it('are not made again at each look when that fails', async () => {
    const pools = await startPools();
    await pools.add();
    let tries = 0;
    const prepareTemplate = async () => {
      tries += 1;
      return failed;
    };
    const keeper = createTemplateKeeper({ ...pools, host: { prepareTemplate } });
    for (let second = 0; second < 60; second += 1) {
      await keeper.look();
      pools.clock.pass(1_000);
    }
    // At 0, 1, 3, 7, 15 and 31 s.
    expect(tries).toBe(6);
  });

  it('of one pool do not suffer from what goes wrong with another', async () => {
    const pools = await startPools();
    await pools.add({ name: 'Broken', image: 'missing' });
    await pools.add({ name: 'Sound' });
    await createTemplateKeeper(pools).look();
    expect(pools.host.prepared).toHaveLength(1);
  });
});
