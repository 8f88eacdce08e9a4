import { describe, expect, it } from 'vitest';
import { createIdleSuspender } from '../../../../../src/broker/pools/idle-suspender.ts';
import { beginBoot } from '../../../../../src/broker/sessions/boot-progress.ts';
import { LiveSession } from '../../../../../src/broker/sessions/live-session.ts';
import type { Engine } from '../../../../../src/contract/desktop.ts';
import { CodedError } from '../../../../../src/contract/errors.ts';
import { usualSessionPolicy } from '../../../../../src/contract/session-policy.ts';
import { FakeMachine } from '../../../../fakes/fake-host.ts';
import { startPools } from './pool-fixture.ts';

const minute = 60_000;

type SessionOptions = { engine?: Engine; outlivesSession?: boolean };

/** A pool whose desktops are suspended after ten minutes, unless it is said otherwise. */
async function start({ suspendAfterMinutes = 10 }: { suspendAfterMinutes?: number | null } = {}) {
  const pools = await startPools();
  const poolId = await pools.add({ suspendAfterMinutes });
  const all: LiveSession[] = [];
  const watched = new Set<string>();
  const suspender = createIdleSuspender({
    ...pools,
    sessions: { live: () => all },
    isWatched: (id) => watched.has(id),
  });

  function session(id: string, options: SessionOptions = {}): FakeMachine {
    const { engine = 'para', outlivesSession = false } = options;
    const machine = new FakeMachine(
      {
        id,
        image: 'porthole',
        engine,
        memoryMb: 256,
        cpus: 1,
        hostname: 'desktop',
        cpuWeight: 100,
        network: { kind: 'none' },
        disk: { kind: 'fresh' },
        clone: false,
        homeMb: 0,
      },
      null,
    );
    const now = pools.clock.now();
    const lease = { machine, outlivesSession, end: async () => undefined };
    const facts = {
      id,
      userId: 'ada',
      terminalId: null,
      desktop: { id: poolId, name: 'Office', engine: 'para', image: 'porthole' },
      state: 'starting',
      revision: 0,
      startedAt: now,
      expiresAt: now + 1_000 * minute,
      usedAt: now,
      boot: beginBoot(now),
      policy: usualSessionPolicy,
      expected: {},
    } as const;
    const deps = { clock: pools.clock, lease, save: () => undefined, onStep: () => undefined };
    all.push(new LiveSession(deps, facts));
    machine.boot();
    return machine;
  }

  async function pass(minutes: number): Promise<void> {
    for (let each = 0; each < minutes; each += 1) {
      pools.clock.pass(minute);
      await suspender.look();
    }
  }

  return { ...pools, suspender, watched, all, session, pass };
}

describe('a desktop without a viewer', () => {
  it('is suspended after the time that its pool says', async () => {
    const { session, all, pass } = await start();
    const machine = session('a');
    await pass(9);
    expect(machine.state.kind).toBe('running');
    await pass(1);
    expect(machine.state.kind).toBe('suspended');
    expect(all[0]?.facts.state).toBe('suspended');
  });

  it('has that time from when its last viewer left', async () => {
    const { session, watched, pass } = await start();
    const machine = session('a');
    watched.add('a');
    await pass(30);
    watched.delete('a');
    await pass(9);
    expect(machine.state.kind).toBe('running');
    await pass(1);
    expect(machine.state.kind).toBe('suspended');
  });

  it('has that time from when a broker came back that had not seen its viewer', async () => {
    const { clock, db, onFault, session, all, watched, pass } = await start();
    const machine = session('a');
    watched.add('a');
    await pass(30);
    const next = createIdleSuspender({
      db,
      clock,
      onFault,
      sessions: { live: () => all },
      isWatched: () => false,
    });
    await next.look();
    expect(machine.state.kind).toBe('running');
    clock.pass(10 * minute);
    await next.look();
    expect(machine.state.kind).toBe('suspended');
  });

  it('runs on where the pool does not say so, or nothing can suspend it', async () => {
    const never = await start({ suspendAfterMinutes: null });
    const machine = never.session('a');
    await never.pass(60);
    expect(machine.state.kind).toBe('running');
    const { session, pass } = await start();
    const others = [session('b', { engine: 'os-level' }), session('c', { outlivesSession: true })];
    await pass(60);
    expect(others.map(({ state }) => state.kind)).toEqual(['running', 'running']);
  });

  it('that cannot be suspended runs on, and does not keep the others', async () => {
    const { session, faults, pass } = await start();
    const [full, sound] = [session('a'), session('b')];
    full.suspend = async () => {
      throw new CodedError('disk-full');
    };
    await pass(10);
    expect([full.state.kind, sound.state.kind]).toEqual(['running', 'suspended']);
    expect(faults).toMatchObject([{ code: 'disk-full' }]);
  });
});

describe('while others are being suspended', () => {
  it('a desktop that somebody comes back to runs on', async () => {
    const { session, watched, clock, suspender } = await start();
    const [first, second] = [session('a'), session('b')];
    clock.pass(10 * minute);
    const suspend = first.suspend.bind(first);
    first.suspend = async () => {
      watched.add('b');
      await suspend();
    };
    await suspender.look();
    expect([first.state.kind, second.state.kind]).toEqual(['suspended', 'running']);
  });
});

describe('a desktop that cannot be saved', () => {
  it('is tried again later each time', async () => {
    const { session, clock, suspender } = await start();
    const machine = session('a');
    let tries = 0;
    machine.suspend = async () => {
      tries += 1;
      throw new CodedError('disk-full');
    };
    clock.pass(10 * minute);
    for (let second = 0; second < 60; second += 1) {
      await suspender.look();
      clock.pass(1_000);
    }
    // At 0, 1, 3, 7, 15 and 31 s.
    expect(tries).toBe(6);
  });
});

describe('when memory is short', () => {
  it('a desktop that was in use within the last minute is left alone', async () => {
    const { session, clock, suspender } = await start({ suspendAfterMinutes: null });
    const machine = session('a');
    clock.pass(minute - 1);
    expect(await suspender.suspendOne()).toBe(false);
    expect(machine.state.kind).toBe('running');
    clock.pass(1);
    expect(await suspender.suspendOne()).toBe(true);
    expect(machine.state.kind).toBe('suspended');
  });

  it('the next desktop goes to sleep where the one idle for longest cannot', async () => {
    const { session, faults, pass, suspender } = await start({ suspendAfterMinutes: null });
    const first = session('a');
    first.suspend = async () => {
      throw new CodedError('disk-full');
    };
    await pass(1);
    const second = session('b');
    await pass(1);
    expect(await suspender.suspendOne()).toBe(true);
    expect([first.state.kind, second.state.kind]).toEqual(['running', 'suspended']);
    expect(faults).toMatchObject([{ code: 'disk-full' }]);
  });

  it('the desktop goes to sleep that nobody has looked at for longest', async () => {
    const { session, watched, pass, suspender } = await start({ suspendAfterMinutes: null });
    const first = session('a');
    watched.add('a');
    await pass(1);
    const [second, third] = [session('b'), session('c')];
    watched.add('c');
    watched.delete('a');
    await pass(1);
    expect(await suspender.suspendOne()).toBe(true);
    expect([first, second, third].map(({ state }) => state.kind)).toEqual([
      'suspended',
      'running',
      'running',
    ]);
    expect(await suspender.suspendOne()).toBe(true);
    expect(second.state.kind).toBe('suspended');
    expect(await suspender.suspendOne()).toBe(false);
  });
});
