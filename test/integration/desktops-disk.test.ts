import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Host, Machine, MachineSpec } from '../../src/desktops/engine.ts';
import { builtImage, Fixture, reaches, run, spec } from './desktops-fixture.ts';

let fixture: Fixture;
let host: Host;

beforeEach(async () => {
  fixture = await Fixture.make();
  host = await fixture.host();
});

afterEach(async () => {
  await host.dispose();
  expect(await fixture.held()).toEqual([]);
  await fixture.dispose();
});

describe('a disk that is kept', () => {
  it('outlives its machine, and as a copy holds what was written before and not what came after', async () => {
    const path = join(fixture.folder, 'kept.qcow2');
    const copy = join(fixture.folder, 'copy.qcow2');
    const first = await boot(withDisk(path));
    expect(first.origin).toEqual({ kind: 'boot', reason: 'it has a disk of its own' });
    await write(first, 'before');
    await first.snapshotDisk(copy);
    await expect(first.snapshotDisk(copy)).rejects.toMatchObject({ code: 'guest-failed' });
    await write(first, 'after');
    const over = reaches(first, 'stopped');
    await first.shutDown(60_000);
    // Switched off from inside, not killed.
    expect(await over).toEqual({ kind: 'stopped', reason: 'asked' });
    await run('qemu-img', ['check', '-q', path]);
    await run('qemu-img', ['check', '-q', copy]);

    const [again, asItWas] = await Promise.all([boot(withDisk(path)), boot(withDisk(copy))]);
    expect(await list(again)).toEqual(['after', 'before']);
    expect(await list(asItWas)).toEqual(['before']);
  });
});

describe('a machine that is asked to shut down', () => {
  it('is stopped when it does not listen', async () => {
    const machine = await boot(spec(builtImage));
    const begun = performance.now();
    await machine.shutDown(1);
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(machine.state).toEqual({ kind: 'stopped', reason: 'asked' });
  });
});

describe('memory', () => {
  it('that an idle guest is asked for is given back, and given to it again', async () => {
    const machine = await boot(spec(builtImage));
    const before = await availableIn(machine);
    await machine.balloon(256);
    const isTaken = () => availableIn(machine).then((now) => before - now);
    await expect.poll(isTaken, { timeout: 20_000 }).toBeGreaterThan(80_000);
    await machine.balloon(null);
    await expect.poll(isTaken, { timeout: 20_000 }).toBeLessThan(40_000);
  });

  it('that an earlier broker has taken is given back by the one that takes over', async () => {
    const machine = await boot(spec(builtImage));
    const before = await availableIn(machine);
    await machine.balloon(256);
    const takenFrom = (owner: Machine) => availableIn(owner).then((now) => before - now);
    await expect.poll(() => takenFrom(machine), { timeout: 20_000 }).toBeGreaterThan(80_000);
    await host.shutDown('leave');
    host = await fixture.host();
    const { adopted } = await host.adopt(new Set([machine.spec.id]));
    const [heir = expect.unreachable('it runs')] = adopted;
    await expect.poll(() => takenFrom(heir), { timeout: 20_000 }).toBeLessThan(40_000);
  });
});

function withDisk(path: string): MachineSpec {
  return { ...spec(builtImage), clone: true, disk: { kind: 'kept', path } };
}

async function boot(wanted: MachineSpec): Promise<Machine> {
  const machine = host.start(wanted);
  await reaches(machine, 'running');
  return machine;
}

async function write(machine: Machine, name: string): Promise<void> {
  const script = `mkdir -p /home/user/kept; echo x > /home/user/kept/${name}; sync`;
  const { exitCode } = await machine.agent().run(['/bin/sh', '-c', script]);
  expect(exitCode).toBe(0);
}

async function list(machine: Machine): Promise<string[]> {
  const { stdout } = await machine.agent().run(['/bin/ls', '/home/user/kept']);
  return String(stdout).trim().split('\n');
}

/** KiB that the guest could use yet. */
async function availableIn(machine: Machine): Promise<number> {
  const { stdout } = await machine.agent().run(['/bin/grep', 'MemAvailable', '/proc/meminfo']);
  return Number(/\d+/.exec(String(stdout))?.[0]);
}
