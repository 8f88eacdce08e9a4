import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { PoolFields } from '../../../../../src/broker/pools/pool-rows.ts';
import { createPoolSupply } from '../../../../../src/broker/pools/pool-supply.ts';
import { CodedError } from '../../../../../src/contract/errors.ts';
import { usualSessionPolicy } from '../../../../../src/contract/session-policy.ts';
import type { Machine } from '../../../../../src/desktops/engine.ts';
import { settled } from '../../../../fakes/until.ts';
import { startPools } from './pool-fixture.ts';

/** A pool that Ada is entitled to. */
async function start(fields: Partial<PoolFields> = {}) {
  const pools = await startPools();
  const { db } = pools;
  const [userId, groupId] = [randomUUID(), randomUUID()];
  await db
    .insertInto('users')
    .values({
      id: userId,
      username: 'ada',
      display_name: 'Ada',
      kind: 'person',
      password_hash: null,
      identity_provider: null,
      subject: null,
      totp_secret: null,
      totp_step: null,
      totp_required: 0,
      disabled_at: null,
      created_at: 1,
    })
    .execute();
  await db.insertInto('groups').values({ id: groupId, name: 'Staff', built_in: 0 }).execute();
  const member = { group_id: groupId, user_id: userId, source: '', claim: '' };
  await db.insertInto('group_members').values(member).execute();
  const desktopId = await pools.add(fields);
  await db.insertInto('entitlements').values({ group_id: groupId, pool_id: desktopId }).execute();
  const ready: Machine[] = [];
  const inTheWay: CodedError[] = [];
  const spares = {
    take: () => ready.shift() ?? null,
    makeRoom: async () => {
      if (inTheWay.shift() === undefined) return false;
      pools.host.full = null;
      return true;
    },
  };
  return {
    ...pools,
    /** What is ready for whoever comes next. */
    ready,
    /** What the host has no room because of, which spares can give. */
    inTheWay,
    wish: { userId, desktopId },
    supply: createPoolSupply({ ...pools, spares }),
    /** The next broker on the same store. */
    next: () => createPoolSupply({ ...pools, spares }),
  };
}

describe('a pool', () => {
  it('is offered to whom a group of theirs is entitled', async () => {
    const { supply, wish } = await start({ description: 'For all' });
    const { userId, desktopId: id } = wish;
    const offer = {
      id,
      name: 'Office',
      description: 'For all',
      engine: 'para',
      image: 'porthole',
      policy: usualSessionPolicy,
    };
    expect(await supply.listOf(userId)).toEqual([offer]);
    expect(await supply.find(wish)).toEqual(offer);
    expect(await supply.listOf(randomUUID())).toEqual([]);
    expect(await supply.find({ ...wish, userId: randomUUID() })).toBeNull();
    expect(await supply.find({ ...wish, desktopId: randomUUID() })).toBeNull();
    await expect(supply.lease({ ...wish, desktopId: randomUUID() })).rejects.toMatchObject({
      code: 'desktop-not-found',
    });
  });

  it('gives a fresh desktop of the current version, which is destroyed with the session', async () => {
    const { supply, wish, host, machines, poolMachines, imageId } = await start({ cpus: 2 });
    const lease = await supply.lease(wish);
    expect(lease.machine).toBe(host.latest);
    expect(lease.outlivesSession).toBe(false);
    expect(lease.machine.spec).toMatchObject({
      image: await imageId(),
      cpus: 2,
      disk: { kind: 'fresh' },
      clone: true,
      hostname: expect.stringMatching(/^[a-z0-9-]{1,63}$/),
    });
    expect(await machines.of('session')).toMatchObject([
      { id: lease.machine.spec.id, belongs_to: wish.desktopId, user_id: wish.userId },
    ]);
    await lease.end('expired');
    expect(lease.machine.state).toEqual({ kind: 'stopped', reason: 'expired' });
    await poolMachines.settled();
    expect(await machines.of('session')).toEqual([]);
  });

  it('gives a spare where one is ready, which then is the user’s', async () => {
    const { supply, wish, host, machines, ready } = await start();
    const { machine } = await supply.lease(wish);
    await machines.handOver(machine.spec.id, {
      purpose: 'spare',
      belongs_to: wish.desktopId,
      belongs_to_name: 'Office',
      user_id: null,
    });
    ready.push(machine);
    expect((await supply.lease(wish)).machine).toBe(machine);
    expect(host.made).toHaveLength(1);
    expect(await machines.of('spare')).toEqual([]);
    expect(await machines.of('session')).toMatchObject([
      { id: machine.spec.id, user_id: wish.userId },
    ]);
  });

  it('stops a spare that could not be written down as the user’s', async () => {
    const { supply, wish, host, ready, poolMachines } = await start();
    const { machine } = await supply.lease(wish);
    ready.push(machine);
    poolMachines.handOver = async () => {
      throw new CodedError('store-unreachable');
    };
    await expect(supply.lease(wish)).rejects.toMatchObject({ code: 'store-unreachable' });
    expect(host.latest.state.kind).toBe('stopped');
  });

  it.each(['non-persistent', 'persistent'] as const)(
    'has spares make room on a full host, and tries again once: %s',
    async (persistence) => {
      const { supply, wish, host, inTheWay, machines } = await start({ persistence });
      const full = new CodedError('host-full', { detail: 'memory' });
      host.full = full;
      inTheWay.push(full);
      const { machine } = await supply.lease(wish);
      expect(machine).toBe(host.latest);
      expect(await machines.of('session')).toMatchObject([{ id: machine.spec.id }]);
      await machine.stop('asked');
      host.full = full;
      await expect(supply.lease(wish)).rejects.toBe(full);
    },
  );

  it('passes on why the host has no room, and leaves nothing behind', async () => {
    const { supply, wish, host, machines } = await start();
    host.full = new CodedError('host-full', { detail: 'it would take 256 MiB more' });
    await expect(supply.lease(wish)).rejects.toMatchObject({
      code: 'host-full',
      detail: 'it would take 256 MiB more',
    });
    expect(await machines.of('session')).toEqual([]);
  });

  it('goes on with the desktops of an earlier broker, and with none of others', async () => {
    const { supply, next, wish, machines } = await start();
    const { machine } = await supply.lease(wish);
    expect((await next().resume(wish, machine))?.machine).toBe(machine);
    await machines.remove(machine.spec.id);
    expect(await next().resume(wish, machine)).toBeNull();
  });
});

describe('a persistent pool', () => {
  it('gives the user a disk of their own, which stays with its version and is kept', async () => {
    const { supply, wish, db, files, clock, imageId, publish } = await start({
      persistence: 'persistent',
    });
    const first = await imageId();
    const lease = await supply.lease(wish);
    const [disk] = await db.selectFrom('kept_disks').selectAll().execute();
    expect(disk).toMatchObject({
      pool_id: wish.desktopId,
      user_id: wish.userId,
      image_id: first,
      image_version: 1,
    });
    const kept = { kind: 'kept', path: files.disk(disk?.id ?? '') };
    expect(lease.machine.spec).toMatchObject({ image: first, disk: kept, clone: false });
    await lease.end('asked');
    publish();
    clock.pass(1_000);
    const { machine } = await supply.lease(wish);
    expect(machine.spec).toMatchObject({ image: first, disk: kept });
    expect(await db.selectFrom('kept_disks').selectAll().execute()).toEqual([
      { ...disk, used_at: clock.now() },
    ]);
  });

  it('lets a guest shut down before its disk is used again', async () => {
    const { supply, wish, host } = await start({ persistence: 'persistent' });
    const lease = await supply.lease(wish);
    const before = host.latest;
    before.boot();
    before.slowToStop = true;
    void lease.end('asked');
    const again = supply.lease(wish);
    expect(await settled('the number of machines', () => host.made.length)).toBe(1);
    expect(before.state.kind).toBe('stopping');
    before.ended();
    expect((await again).machine.spec.disk).toEqual(before.spec.disk);
    expect(host.made).toHaveLength(2);
  });

  it('also where an earlier broker had started that guest', async () => {
    const { supply, next, wish, host } = await start({ persistence: 'persistent' });
    await supply.lease(wish);
    const before = host.latest;
    const restarted = next();
    await restarted.resume(wish, before);
    const again = restarted.lease(wish);
    expect(await settled('the number of machines', () => host.made.length)).toBe(1);
    await before.stop('asked');
    await again;
    expect(host.made).toHaveLength(2);
  });
});
