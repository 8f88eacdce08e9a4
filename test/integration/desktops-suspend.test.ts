import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { access, mkdir, readdir, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../../src/contract/clock.ts';
import type { Host, Machine, MachineSpec } from '../../src/desktops/engine.ts';
import type { MachineState } from '../../src/desktops/machine-state.ts';
import { connectWhenThere } from '../../src/desktops/qemu/connect.ts';
import { machinePaths } from '../../src/desktops/qemu/machine-paths.ts';
import { QmpClient } from '../../src/desktops/qemu/qmp.ts';
import {
  builtImage,
  emptyImage,
  Fixture,
  type FixtureOptions,
  reaches,
  run,
  spec,
} from './desktops-fixture.ts';
import { heldBelow } from './holdings.ts';

let fixture: Fixture;
let hosts: Host[];

beforeEach(async () => {
  fixture = await Fixture.make();
  hosts = [];
});

afterEach(async () => {
  for (const host of hosts) await host.dispose();
  expect(await fixture.held()).toEqual([]);
  await fixture.dispose();
});

async function openHost(options: FixtureOptions = {}): Promise<Host> {
  const host = await fixture.host(options);
  hosts.push(host);
  return host;
}

describe('a guest that booted', () => {
  it('sleeps without a process, and wakes as it was but for the time', async () => {
    const host = await openHost();
    const begunAt = performance.now();
    const machine = await running(host, spec(builtImage));
    const bootMs = performance.now() - begunAt;
    expect(await expectSleepAndWake(machine)).toBeLessThan(bootMs / 4);
    await expectSleepAndWake(machine);
    await machine.suspend();
    await Promise.all([machine.wake(), machine.wake()]);
    await machine.stop('asked');
  });

  it('is suspended by two at once as by one, and ends from there', async () => {
    const machine = await running(await openHost(), spec(builtImage));
    await Promise.all([machine.suspend(), machine.suspend()]);
    expect(machine.state).toEqual({ kind: 'suspended' });
    await machine.suspend();
    await machine.stop('expired');
    expect(machine.state).toEqual({ kind: 'stopped', reason: 'expired' });
    await expect(machine.wake()).rejects.toMatchObject({ code: 'guest-failed' });
    expect(await fixture.held()).toEqual([]);
  });

  it('of full virtualization can sleep too', async () => {
    const machine = await running(await openHost(), spec(builtImage, 'full'));
    await expectSleepAndWake(machine);
  });

  it('is left asleep by one broker and woken by the next', async () => {
    const machine = await running(await openHost(), spec(builtImage));
    const pid = await startSleeper(machine);
    await machine.suspend();
    await hosts.pop()?.shutDown('leave');

    const host = await openHost();
    const { adopted, reaped } = await host.adopt(new Set([machine.spec.id]));
    expect(reaped).toEqual([]);
    const [found = expect.unreachable()] = adopted;
    expect(found.state).toEqual({ kind: 'suspended' });
    expect(found.origin).toEqual(machine.origin);
    await found.wake();
    expect(await isAlive(found, pid)).toBe(true);
  });

  it('that a broker died over while it was held for saving goes on with the next', async () => {
    const machine = await running(await openHost(), spec(builtImage));
    const { id } = machine.spec;
    await hosts.pop()?.shutDown('leave');
    const qmp = await QmpClient.open(
      await connectWhenThere(machinePaths(fixture, id).qmp, {
        clock: systemClock,
        signal: AbortSignal.timeout(5000),
      }),
      { clock: systemClock, onEvent: () => undefined },
    );
    await qmp.execute('stop', {});
    qmp.dispose();

    const { adopted } = await (await openHost()).adopt(new Set([id]));
    const [found = expect.unreachable()] = adopted;
    expect(found.state).toEqual({ kind: 'running' });
    expect(await secondsBehind(found)).toBeLessThan(2);
  });
});

describe('a guest that cannot be woken', () => {
  it('sleeps on, and the next try brings it back', async () => {
    const machine = await running(await openHost(), spec(emptyImage));
    const { savedState, record } = machinePaths(fixture, machine.spec.id);
    await machine.suspend();
    const aside = join(fixture.folder, 'aside');
    await rename(savedState, aside);
    await writeFile(savedState, 'not what QEMU has saved');
    const state = await expectSleepsOn(machine);
    expect(state).toMatchObject({ problem: { code: 'guest-failed' } });
    await rename(aside, savedState);

    const killed = machine.onChange(({ kind }) => {
      // At once, or it would be awake before.
      if (kind === 'restoring') process.kill(pidIn(readFileSync(record, 'utf8')), 'SIGKILL');
    });
    const lost = { code: 'guest-failed' };
    expect(await expectSleepsOn(machine)).toMatchObject({ problem: lost });
    killed.dispose();

    await machine.wake();
    expect(machine.state).toEqual({ kind: 'running' });
    await machine.suspend();
    await machine.wake();
    await machine.picture();
  });

  it('because its program is missing is woken by the next broker that has it', async () => {
    const machine = await running(await openHost(), spec(emptyImage));
    await machine.suspend();
    await hosts.pop()?.shutDown('leave');
    const claimed = new Set([machine.spec.id]);

    const poor = await openHost({ qemu: join(fixture.folder, 'no-qemu') });
    const [asleep = expect.unreachable()] = (await poor.adopt(claimed)).adopted;
    expect(await expectSleepsOn(asleep)).toMatchObject({ problem: { code: 'qemu-missing' } });
    await hosts.pop()?.shutDown('leave');

    const [found = expect.unreachable()] = (await (await openHost()).adopt(claimed)).adopted;
    expect(found.state).toEqual({ kind: 'suspended' });
    await found.wake();
    await found.picture();
  });
});

describe('a guest with a disk that is kept', () => {
  it('is shut down from the inside while it falls asleep', async () => {
    const path = join(fixture.folder, 'kept.qcow2');
    const host = await openHost();
    const wanted = { ...spec(builtImage), disk: { kind: 'kept', path } } as const;
    const machine = await running(host, wanted);
    const kinds: string[] = [];
    machine.onChange(({ kind }) => kinds.push(kind));
    // Linux keeps it in memory for half a minute, unless it is shut down.
    await machine.agent().run(['/bin/sh', '-c', 'echo precious > /root/precious']);
    void machine.suspend();
    await machine.shutDown(60_000);
    expect(kinds).toEqual([
      ...['suspending', 'suspended', 'starting', 'restoring', 'running', 'stopping', 'stopped'],
    ]);
    const next = await running(host, { ...wanted, id: randomUUID() });
    const { stdout } = await next.agent().run(['/bin/cat', '/root/precious']);
    expect(String(stdout)).toBe('precious\n');
  });
});

describe('a guest that is a clone', () => {
  it('sleeps and wakes, on the memory of its template or without', async () => {
    const first = await openHost();
    const kind = { ...kindOf, hasNetwork: false };
    expect(await first.prepareTemplate(kind)).toMatchObject({ kind: 'ready' });
    const machine = await running(first, { ...spec(builtImage), clone: true });
    expect(machine.origin).toMatchObject({ kind: 'clone' });
    await expectSleepAndWake(machine);
    const pid = await startSleeper(machine);
    await machine.suspend();
    await hosts.pop()?.shutDown('leave');

    const second = await openHost({ changeTemplates: { find: async () => ({ reason: 'none' }) } });
    const { adopted } = await second.adopt(new Set([machine.spec.id]));
    const [found = expect.unreachable()] = adopted;
    await found.wake();
    expect(await isAlive(found, pid)).toBe(true);
    await expectSleepAndWake(found);
  });
});

const skipped = process.getuid?.() !== 0;
const why = skipped ? ' (skipped: mounting a small disk needs root)' : '';

describe.skipIf(skipped)(`when the disk of the host is full${why}`, () => {
  it('a guest is not suspended, runs on and loses nothing', async () => {
    await mkdir(fixture.dataDir);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', fixture.dataDir]);
    const host = await openHost();
    try {
      const machine = await running(host, spec(builtImage));
      await expect(machine.suspend()).rejects.toMatchObject({ code: 'disk-full' });
      expect(machine.state).toEqual({ kind: 'running' });
      const files = await readdir(machinePaths(fixture, machine.spec.id).folder);
      expect(files.filter((name) => name.startsWith('saved'))).toEqual([]);
      expect(String((await machine.agent().run(['/bin/echo', 'here'])).stdout)).toBe('here\n');

      const copy = join(fixture.dataDir, 'copy.qcow2');
      const { bavail, bsize } = await statfs(fixture.dataDir);
      // A megabyte is for what the guest writes meanwhile.
      const filler = join(fixture.dataDir, 'filler');
      await run('fallocate', ['-l', String(bavail * bsize - 2 ** 20), filler]);
      await expect(machine.snapshotDisk(copy)).rejects.toMatchObject({ code: 'disk-full' });
      await expect(access(copy)).rejects.toThrow('ENOENT');
      await rm(filler);
      expect(String((await machine.agent().run(['/bin/echo', 'here'])).stdout)).toBe('here\n');
    } finally {
      await host.dispose();
      // The kernel lets go of the files of a process a moment after its end was told.
      await vi.waitFor(() => run('umount', [fixture.dataDir]), { timeout: 10_000, interval: 100 });
    }
  });
});

const kindOf = { image: builtImage, engine: 'para', memoryMb: 384, cpus: 1 } as const;

async function running(host: Host, wanted: MachineSpec): Promise<Machine> {
  const machine = host.start(wanted);
  await reaches(machine, 'running');
  return machine;
}

/** Milliseconds that it took to wake. */
async function expectSleepAndWake(machine: Machine): Promise<number> {
  const { id } = machine.spec;
  const paths = machinePaths(fixture, id);
  const pid = await startSleeper(machine);
  await machine.suspend();
  expect(machine.state).toEqual({ kind: 'suspended' });
  expect(machine.rfbSocket).toBeNull();
  await expect(machine.picture()).rejects.toMatchObject({ code: 'guest-failed' });
  expect((await fixture.held()).filter((held) => held.startsWith('process'))).toEqual([]);
  await new Promise((resolve) => setTimeout(resolve, 3000)); // for a clock to fall behind

  const askedAt = performance.now();
  await machine.wake();
  const wakeMs = performance.now() - askedAt;
  await machine.picture();
  await expect(access(paths.savedState)).rejects.toThrow('ENOENT');
  expect(await isAlive(machine, pid)).toBe(true);
  expect(await secondsBehind(machine)).toBeLessThan(2);
  return wakeMs;
}

/** The state that it is in again, without a process or a socket but with all that was saved. */
async function expectSleepsOn(machine: Machine): Promise<MachineState> {
  const { id } = machine.spec;
  const paths = machinePaths(fixture, id);
  const kinds: string[] = [];
  const watch = machine.onChange(({ kind }) => kinds.push(kind));
  await expect(machine.wake()).rejects.toMatchObject({ name: 'CodedError' });
  watch.dispose();
  expect(kinds.at(0)).toBe('starting');
  expect(kinds.at(-1)).toBe('suspended');
  const held = await heldBelow(fixture.folder, [id]);
  expect(held).toMatchObject({ processes: [], sockets: [], groups: [] });
  await access(paths.savedState);
  await access(paths.disk);
  return machine.state;
}

function pidIn(record: string): number {
  return z.object({ process: z.object({ pid: z.number() }) }).parse(JSON.parse(record)).process.pid;
}

/** A process in the guest that only its memory knows of; its id. */
async function startSleeper(machine: Machine): Promise<string> {
  const start = 'sleep 100000 > /dev/null 2>&1 & echo $!';
  const { stdout } = await machine.agent().run(['/bin/sh', '-c', start]);
  return String(stdout).trim();
}

async function isAlive(machine: Machine, pid: string): Promise<boolean> {
  const { stdout } = await machine.agent().run(['/bin/cat', `/proc/${pid}/cmdline`]);
  return String(stdout).includes('sleep');
}

async function secondsBehind(machine: Machine): Promise<number> {
  const askedAt = Date.now() / 1000;
  const { stdout } = await machine.agent().run(['/bin/date', '+%s.%N']);
  return askedAt - Number(stdout);
}
