import { describe, expect, it } from 'vitest';
import { createSpares, type Spares } from '../../../../../src/broker/pools/spares.ts';
import { CodedError, problem } from '../../../../../src/contract/errors.ts';
import { startPools } from './pool-fixture.ts';

const crash = problem('guest-failed', { detail: 'QEMU was killed' });
const noTemplates = { isAwaited: () => false };

async function start(options: Partial<Parameters<typeof createSpares>[0]> = {}) {
  const pools = await startPools();
  const deps = { ...pools, templates: noTemplates, hasRoom: () => pools.host.room };
  return { ...pools, spares: createSpares({ ...deps, ...options }) };
}
type Started = Awaited<ReturnType<typeof start>>;

/** Looks until nothing is left to do, with each desktop booted as soon as it is there. */
async function fill({ spares, host }: Pick<Started, 'host'> & { spares: Spares }): Promise<void> {
  for (let before = -1; before !== host.made.length; ) {
    before = host.made.length;
    await spares.look();
    for (const machine of host.machines()) machine.boot();
  }
}

describe('spares', () => {
  it('are made one at a time, up to the number that the pool says', async () => {
    const pools = await start();
    const id = await pools.add({ spares: 2 });
    await pools.spares.look();
    await pools.spares.look();
    expect(pools.host.made).toHaveLength(1);
    pools.host.latest.boot();
    await fill(pools);
    expect(pools.host.made).toHaveLength(2);
    expect(pools.host.latest.spec).toMatchObject({
      image: await pools.imageId(),
      memoryMb: 256,
      disk: { kind: 'fresh' },
      clone: true,
    });
    await pools.poolMachines.settled();
    expect(await pools.machines.of('spare')).toMatchObject([
      { belongs_to: id, belongs_to_name: 'Office', user_id: null, state: 'running' },
      { belongs_to: id, state: 'running' },
    ]);
  });

  it('are given away once each, when they run, and then replaced', async () => {
    const pools = await start();
    const id = await pools.add({ spares: 1 });
    await pools.spares.look();
    const imageId = await pools.imageId();
    expect(pools.spares.take(id, imageId)).toBeNull();
    pools.host.latest.boot();
    expect(pools.spares.take(id, imageId)).toBe(pools.host.made[0]);
    expect(pools.spares.take(id, imageId)).toBeNull();
    await fill(pools);
    expect(pools.spares.take(id, imageId)).toBe(pools.host.made[1]);
  });

  it('of an earlier version of the image are replaced, and never given away', async () => {
    const pools = await start();
    const id = await pools.add({ spares: 1 });
    await fill(pools);
    pools.publish();
    const imageId = await pools.imageId();
    expect(pools.spares.take(id, imageId)).toBeNull();
    await fill(pools);
    expect(pools.host.made[0]?.state).toEqual({ kind: 'stopped', reason: 'asked' });
    expect(pools.host.latest.spec.image).toBe(imageId);
    expect(pools.spares.take(id, imageId)).toBe(pools.host.latest);
  });

  it('are replaced when the pool makes other desktops, and go when it wants fewer', async () => {
    const pools = await start();
    const id = await pools.add({ spares: 1 });
    await fill(pools);
    const change = (values: { memory_mb?: number; spares?: number }) =>
      pools.db.updateTable('pools').set(values).where('id', '=', id).execute();
    await change({ memory_mb: 512 });
    await fill(pools);
    expect(pools.host.machines().map(({ spec }) => spec.memoryMb)).toEqual([512]);
    await change({ spares: 0 });
    await fill(pools);
    expect(pools.host.machines()).toEqual([]);
  });

  it('go with their pool', async () => {
    const pools = await start();
    await pools.add({ spares: 1 });
    await fill(pools);
    await pools.db.deleteFrom('pools').execute();
    await pools.spares.look();
    expect(pools.host.machines()).toEqual([]);
  });

  it('wait longer after each that fails', async () => {
    const pools = await start();
    await pools.add({ spares: 1 });
    for (let second = 0; second < 60; second += 1) {
      await pools.spares.look();
      for (const machine of pools.host.machines()) machine.fail(crash);
      pools.clock.pass(1_000);
    }
    // At 0, 1, 3, 7, 15 and 31 s.
    expect(pools.host.made).toHaveLength(6);
  });

  it('that fail as soon as they run wait too', async () => {
    const pools = await start();
    await pools.add({ spares: 1 });
    for (let second = 0; second < 60; second += 1) {
      await pools.spares.look();
      for (const machine of pools.host.machines()) {
        machine.boot();
        machine.fail(crash);
      }
      pools.clock.pass(1_000);
    }
    expect(pools.host.made).toHaveLength(6);
  });

  it('that the host has no room for are tried again later, and others meanwhile', async () => {
    const pools = await start();
    await pools.add({ spares: 1, name: 'Broken', image: 'missing' });
    await pools.add({ spares: 1, name: 'Sound' });
    pools.host.full = new CodedError('host-full', { detail: 'memory' });
    await pools.spares.look();
    expect(pools.faults).toMatchObject([{ code: 'image-unknown' }, { code: 'host-full' }]);
    expect(await pools.machines.of('spare')).toEqual([]);
    pools.host.full = null;
    pools.clock.pass(1_000);
    await pools.spares.look();
    expect(pools.host.made).toHaveLength(1);
  });

  it('are given up when memory is short, and not made again before there is room', async () => {
    const pools = await start();
    await pools.add({ spares: 2 });
    await fill(pools);
    pools.host.room = false;
    expect(pools.spares.shed()).toBe(2);
    expect(pools.spares.shed()).toBe(0);
    await fill(pools);
    expect(pools.host.machines()).toEqual([]);
    pools.host.room = true;
    pools.clock.pass(60_000);
    await fill(pools);
    expect(pools.host.machines()).toHaveLength(2);
  });

  it('that were given up are missing for a minute, so that there is room to stay', async () => {
    const pools = await start();
    await pools.add({ spares: 1 });
    await fill(pools);
    pools.spares.shed();
    pools.clock.pass(59_999);
    await fill(pools);
    expect(pools.host.machines()).toEqual([]);
    pools.clock.pass(1);
    await fill(pools);
    expect(pools.host.machines()).toHaveLength(1);
  });

  it('make room for whoever waits, who goes on when they are gone', async () => {
    const pools = await start();
    await pools.add({ spares: 1 });
    expect(await pools.spares.makeRoom()).toBe(false);
    await fill(pools);
    const gone = Promise.withResolvers<void>();
    const { latest } = pools.host;
    const stop = latest.stop.bind(latest);
    latest.stop = async (reason) => {
      await gone.promise;
      await stop(reason);
    };
    const waiting = [pools.spares.makeRoom(), pools.spares.makeRoom()];
    let answered = false;
    void Promise.race(waiting).then(() => {
      answered = true;
    });
    await new Promise(setImmediate);
    expect(answered).toBe(false);
    gone.resolve();
    expect(await Promise.all(waiting)).toEqual([true, true]);
    expect(latest.state.kind).toBe('stopped');
    expect(await pools.spares.makeRoom()).toBe(false);
  });

  it('that ended before they were followed are not counted, and the next one waits', async () => {
    const pools = await start();
    await pools.add({ spares: 1 });
    const begin = pools.host.start.bind(pools.host);
    pools.host.start = (spec) => {
      const machine = begin(spec);
      machine.fail(crash);
      return machine;
    };
    await pools.spares.look();
    await pools.spares.look();
    expect(pools.host.made).toHaveLength(1);
    pools.clock.pass(1_000);
    await pools.spares.look();
    expect(pools.host.made).toHaveLength(2);
  });

  it('wait for the template that they can be cloned from', async () => {
    let isAwaited = true;
    const pools = await start({ templates: { isAwaited: () => isAwaited } });
    await pools.add({ spares: 1 });
    await pools.spares.look();
    expect(pools.host.made).toEqual([]);
    isAwaited = false;
    await pools.spares.look();
    expect(pools.host.made).toHaveLength(1);
  });
});

describe('spares of an earlier broker', () => {
  it('are gone on with, and counted', async () => {
    const before = await start();
    const id = await before.add({ spares: 1 });
    await fill(before);
    const [machine] = before.host.made;
    if (machine === undefined) throw new Error('no spare was made');
    const spares = createSpares({ ...before, templates: noTemplates, hasRoom: () => true });
    expect(await spares.claims()).toEqual(new Set([machine.spec.id]));
    expect(await spares.takeUp(machine)).toBe(true);
    await fill({ spares, host: before.host });
    expect(before.host.made).toHaveLength(1);
    expect(spares.take(id, await before.imageId())).toBe(machine);
  });

  it('are replaced where the pool was changed meanwhile', async () => {
    const before = await start();
    const id = await before.add({ spares: 1 });
    await fill(before);
    await before.db.updateTable('pools').set({ cpus: 2 }).where('id', '=', id).execute();
    const spares = createSpares({ ...before, templates: noTemplates, hasRoom: () => true });
    await spares.takeUp(before.host.latest);
    await fill({ spares, host: before.host });
    expect(before.host.machines().map(({ spec }) => spec.cpus)).toEqual([2]);
  });

  it('do not include machines of others', async () => {
    const pools = await start();
    await pools.add({ spares: 1 });
    await fill(pools);
    await pools.db.updateTable('machines').set({ purpose: 'session' }).execute();
    expect(await pools.spares.claims()).toEqual(new Set());
    expect(await pools.spares.takeUp(pools.host.latest)).toBe(false);
  });
});
