import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Host } from '../../src/desktops/engine.ts';
import { procTable } from '../../src/desktops/process-table.ts';
import { lastWords } from '../../src/desktops/qemu/last-words.ts';
import { emptyImage, Fixture, muteImage, reaches, spec } from './desktops-fixture.ts';

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

async function openHost(options: Parameters<Fixture['host']>[0] = {}): Promise<Host> {
  const host = await fixture.host(options);
  hosts.push(host);
  return host;
}

describe('a machine', () => {
  it('of an image that is not ours runs once its screen shows something', async () => {
    const host = await openHost();
    const machine = host.start(spec(emptyImage, 'full'));
    expect(machine.state).toEqual({ kind: 'preparing' });
    expect(machine.rfbSocket).toBeNull();
    const kinds: string[] = [];
    machine.onChange(({ kind }) => kinds.push(kind));
    await reaches(machine, 'running');
    expect(host.find(machine.spec.id)).toBe(machine);
    const [first, second] = await Promise.all([machine.picture(), machine.picture()]);
    expect(first.subarray(1, 4).toString()).toBe('PNG');
    expect(second).toBe(first);
    await Promise.all([machine.stop('expired'), machine.stop('asked')]);
    expect(machine.state).toEqual({ kind: 'stopped', reason: 'expired' });
    expect(kinds).toEqual(['starting', 'booting', 'running', 'stopping', 'stopped']);
    expect(host.find(machine.spec.id)).toBeNull();
    await expect(machine.picture()).rejects.toMatchObject({ code: 'guest-failed' });
    await expect(machine.agent().ping()).rejects.toMatchObject({ code: 'guest-failed' });
  });

  it.each(['preparing', 'starting', 'booting'] as const)(
    'can be stopped while %s',
    async (kind) => {
      const machine = (await openHost()).start(spec(muteImage));
      await reaches(machine, kind);
      await machine.stop('asked');
      expect(machine.state).toEqual({ kind: 'stopped', reason: 'asked' });
      expect(await fixture.held()).toEqual([]);
    },
  );

  it('fails when its QEMU is killed, and says so', async () => {
    const machine = (await openHost()).start(spec(emptyImage));
    await reaches(machine, 'running');
    const qemu = (await procTable().all()).find(({ argv }) => {
      return argv[0]?.includes('qemu') && argv.some((arg) => arg.includes(machine.spec.id));
    });
    process.kill(qemu?.pid ?? 0, 'SIGKILL');
    const { problem } = await reaches(machine, 'failed');
    expect(problem).toMatchObject({ code: 'guest-failed' });
    expect(problem.detail).toContain('SIGKILL');
    expect(await fixture.held()).toEqual([]);
  });

  it('fails when QEMU refuses to start, with the words of QEMU', async () => {
    // Of another system.
    const machine = (await openHost({ accelerator: 'hvf' })).start(spec(emptyImage));
    const { problem } = await reaches(machine, 'failed');
    expect(problem).toMatchObject({ code: 'guest-failed' });
    expect(problem.detail).toMatch(/exit code 1.*hvf/i);
    expect(await lastWords(machine.logs.qemu)).toMatch(/hvf/i);
  });

  it('fails when its guest does not get ready in time', async () => {
    const machine = (await openHost({ bootTimeoutMs: 1500 })).start(spec(muteImage));
    const { problem } = await reaches(machine, 'failed');
    expect(problem.code).toBe('guest-boot-timeout');
    expect(await fixture.held()).toEqual([]);
  });

  it('fails when there is no QEMU', async () => {
    const machine = (await openHost({ qemu: '/nowhere/qemu' })).start(spec(emptyImage));
    expect((await reaches(machine, 'failed')).problem).toMatchObject({
      code: 'qemu-missing',
      detail: '/nowhere/qemu',
    });
  });

  it('fails when there is no such image', async () => {
    const machine = (await openHost()).start(spec('no-such-image'));
    expect((await reaches(machine, 'failed')).problem.code).toBe('image-unknown');
  });
});

describe('a host', () => {
  it('has its data folder for itself', async () => {
    await openHost();
    await expect(fixture.host()).rejects.toMatchObject({ code: 'broker-running' });
  });

  it('refuses a folder too deep for sockets', async () => {
    const runtimeDir = `${fixture.folder}/${'deep/'.repeat(20)}`;
    await expect(fixture.host({ runtimeDir })).rejects.toMatchObject({ code: 'config-invalid' });
  });

  it('cannot make a folder where a file is', async () => {
    await writeFile(fixture.dataDir, '');
    await expect(fixture.host()).rejects.toThrow('ENOTDIR');
  });

  it('stops every machine when it is shut down', async () => {
    const host = await openHost();
    const machines = [host.start(spec(emptyImage)), host.start(spec(muteImage))];
    await reaches(machines[0] ?? expect.unreachable(), 'running');
    await host.shutDown('stop');
    expect(machines.map(({ state }) => state)).toEqual([
      { kind: 'stopped', reason: 'broker-stopping' },
      { kind: 'stopped', reason: 'broker-stopping' },
    ]);
  });
});
