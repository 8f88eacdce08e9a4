import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { commandLine } from '../../../../../src/broker/audit/actor.ts';
import { problem } from '../../../../../src/contract/errors.ts';
import { until } from '../../../../fakes/until.ts';
import { image, startServers } from './server-fixture.ts';

const crash = problem('guest-failed', { detail: 'QEMU was killed' });

/** A server that runs, and the guest that it runs on. */
async function running(
  fields: Parameters<Awaited<ReturnType<typeof startServers>>['add']>[0] = {},
) {
  const fixture = await startServers();
  const { id } = await fixture.add(fields);
  const guest = await fixture.guest(1);
  guest.boot();
  await fixture.reaches(id, 'running');
  return { ...fixture, fixture, id, guest };
}

describe('a virtual server', () => {
  it('is started with a disk of its own on the version that it was made of', async () => {
    const { fixture, id, guest, files, machines } = await running({ name: 'Mail & Web', cpus: 2 });
    expect(guest.spec).toMatchObject({
      image: image.manifest.id,
      engine: 'para',
      memoryMb: 384,
      cpus: 2,
      hostname: 'mail-web',
      network: { kind: 'none' },
      disk: { kind: 'kept', path: files.disk(id) },
      clone: false,
    });
    expect(await machines.of('server')).toMatchObject([
      { id: guest.spec.id, belongs_to: id, belongs_to_name: 'Mail & Web', state: 'running' },
    ]);
    expect(fixture.supervisor.runningMachine(id)).toBe(guest);
    expect(fixture.faults).toEqual([]);
  });

  it('that is not to autostart waits until it is told', async () => {
    const fixture = await startServers();
    const { id } = await fixture.add({ autostart: false });
    await fixture.supervisor.look();
    expect(fixture.guests.all).toEqual([]);
    expect((await fixture.servers.start(id, commandLine)).state).toBe('starting');
    expect(await fixture.audited('server.started')).toHaveLength(1);
  });

  it('is asked to shut down when it is stopped, and leaves no machine', async () => {
    const { fixture, id, guest } = await running();
    guest.slowToStop = true;
    expect(await fixture.servers.stop(id, commandLine)).toMatchObject({
      state: 'stopping',
      wanted: 'stopped',
    });
    expect(guest.patience).toEqual([30_000]);
    expect(fixture.supervisor.runningMachine(id)).toBeNull();
    guest.gone();
    await fixture.reaches(id, 'stopped');
    expect(await fixture.machines.of('server')).toEqual([]);
    await fixture.supervisor.look();
    expect(fixture.guests.all).toHaveLength(1);
  });

  it('may be told to stop before it has begun', async () => {
    const fixture = await startServers();
    const { id } = await fixture.add({ autostart: false });
    const starting = fixture.servers.start(id, commandLine);
    await Promise.all([starting, fixture.servers.stop(id, commandLine)]);
    await fixture.reaches(id, 'stopped');
    expect(await fixture.machines.of('server')).toEqual([]);
  });

  it('goes by what the command line has written, at the next look', async () => {
    const { fixture, id, guest } = await running();
    await fixture.behind.servers.stop(id, commandLine);
    expect(guest.patience).toEqual([]);
    await fixture.supervisor.look();
    await fixture.reaches(id, 'stopped');
    await fixture.behind.servers.start(id, commandLine);
    await fixture.supervisor.look();
    expect((await fixture.guest(2)).spec.disk).toEqual(guest.spec.disk);
  });

  it('is switched off when its row is gone', async () => {
    const { fixture, id, guest } = await running();
    await fixture.db.deleteFrom('servers').where('id', '=', id).execute();
    await fixture.supervisor.look();
    expect(guest.state.kind).toBe('stopped');
    expect(await fixture.machines.of('server')).toEqual([]);
  });
});

describe('a virtual server whose disk is missing', () => {
  it('is not given an empty one, and is not tried again', async () => {
    const { fixture, id, files } = await running();
    await fixture.servers.stop(id, commandLine);
    await fixture.reaches(id, 'stopped');
    await files.copy(files.disk(id), `${files.disk(id)}.aside`);
    await files.remove(files.disk(id));
    await fixture.servers.start(id, commandLine);
    await fixture.reaches(id, 'failed');
    expect(await fixture.view(id)).toMatchObject({
      wanted: 'stopped',
      problem: expect.stringContaining(files.disk(id)),
    });
    fixture.clock.pass(60_000);
    await fixture.supervisor.look();
    expect(fixture.guests.all).toHaveLength(1);
    await files.copy(`${files.disk(id)}.aside`, files.disk(id));
    await fixture.servers.start(id, commandLine);
    await fixture.guest(2);
  });

  it('may have failed before it ever had one', async () => {
    const fixture = await startServers();
    const { id } = await fixture.add();
    (await fixture.guest(1)).fail(crash);
    await fixture.reaches(id, 'failed');
    fixture.clock.pass(1_000);
    await fixture.guest(2);
  });
});

describe('a virtual server that ends by itself', () => {
  it('is started again after a fault, later each time, and at once after a sound while', async () => {
    const { fixture, id, guest } = await running();
    let latest = guest;
    for (const [index, seconds] of [1, 2, 4, 8, 16, 32, 60, 60].entries()) {
      latest.fail(crash);
      await fixture.reaches(id, 'failed');
      fixture.clock.pass(seconds * 1000 - 1);
      expect(fixture.guests.all).toHaveLength(index + 1);
      fixture.clock.pass(1);
      latest = await fixture.guest(index + 2);
      latest.boot();
      await fixture.reaches(id, 'running');
    }
    expect(await fixture.view(id)).toMatchObject({ restarts: 8, problem: '', wanted: 'running' });
    expect(await fixture.audited('server.failed')).toHaveLength(8);
    fixture.clock.pass(5 * 60_000);
    latest.fail(crash);
    await fixture.reaches(id, 'failed');
    expect((await fixture.view(id)).problem).toMatch(/QEMU was killed/);
    fixture.clock.pass(1000);
    await fixture.guest(10);
  });

  it('is not started by a look before its time, but when it is told', async () => {
    const { fixture, id, guest } = await running();
    guest.fail(crash);
    await fixture.reaches(id, 'failed');
    await fixture.supervisor.look();
    expect(fixture.guests.all).toHaveLength(1);
    await fixture.servers.start(id, commandLine);
    await fixture.guest(2);
    fixture.clock.pass(60_000);
    expect(fixture.guests.all).toHaveLength(2);
  });

  it('is not started again once it was told to stop', async () => {
    const { fixture, id, guest } = await running();
    guest.fail(crash);
    await fixture.reaches(id, 'failed');
    await fixture.servers.stop(id, commandLine);
    expect(await fixture.state(id)).toBe('stopped');
    fixture.clock.pass(60_000);
    await fixture.supervisor.look();
    expect(fixture.guests.all).toHaveLength(1);
  });

  it.each([
    ['never', 'failed', false],
    ['on-failure', 'failed', true],
    ['always', 'failed', true],
    ['never', 'switched off', false],
    ['on-failure', 'switched off', false],
    ['always', 'switched off', true],
  ] as const)('with the policy %s, having %s, starts again: %s', async (restart, how, again) => {
    const { fixture, id, guest } = await running({ restart });
    if (how === 'failed') guest.fail(crash);
    else await guest.stop('asked');
    await fixture.reaches(id, how === 'failed' ? 'failed' : 'stopped');
    fixture.clock.pass(60_000);
    await fixture.supervisor.look();
    if (again) await fixture.guest(2);
    else {
      expect(fixture.guests.all).toHaveLength(1);
      // Why is still to be seen.
      expect(await fixture.view(id)).toMatchObject({
        state: how === 'failed' ? 'failed' : 'stopped',
        wanted: 'stopped',
        problem: expect.stringMatching(/./),
      });
    }
  });

  it('tries again when the host is full', async () => {
    const fixture = await startServers();
    fixture.guests.full = true;
    const { id } = await fixture.add();
    await fixture.reaches(id, 'failed');
    expect((await fixture.view(id)).problem).toMatch(/no memory/);
    expect(await fixture.machines.of('server')).toEqual([]);
    fixture.guests.full = false;
    fixture.clock.pass(1000);
    await fixture.guest(1);
    expect(fixture.faults).toEqual([]);
  });
});

describe('a broker that comes back', () => {
  it('goes on with the machine of a server', async () => {
    const { fixture, id, guest } = await running();
    await fixture.restart();
    expect(await fixture.supervisor.claims()).toEqual(new Set([guest.spec.id]));
    expect(await fixture.supervisor.takeUp(guest)).toBe(true);
    await fixture.supervisor.begin();
    expect(await fixture.state(id)).toBe('running');
    expect(fixture.guests.all).toHaveLength(1);
    guest.fail(crash);
    await fixture.reaches(id, 'failed');
    fixture.clock.pass(1000);
    await fixture.guest(2);
  });

  it.each([
    [true, 'starting'],
    [false, 'stopped'],
  ] as const)('with autostart %s has one that is gone %s', async (autostart, state) => {
    const { fixture, id } = await running();
    await fixture.servers.change(id, { autostart }, commandLine);
    await fixture.restart();
    await fixture.supervisor.begin();
    await fixture.reaches(id, state);
    if (!autostart) expect(await fixture.machines.of('server')).toEqual([]);
  });

  it('leaves one alone that was told to stop', async () => {
    const { fixture, id } = await running();
    await fixture.servers.stop(id, commandLine);
    await fixture.reaches(id, 'stopped');
    await fixture.restart();
    await fixture.supervisor.begin();
    expect(fixture.guests.all).toHaveLength(1);
  });

  it('starts one again that it shut down at its own end', async () => {
    const { fixture, id, guest } = await running();
    await fixture.supervisor.close('stop');
    expect(guest.patience).toEqual([30_000]);
    expect(await fixture.view(id)).toMatchObject({ state: 'stopped', wanted: 'running' });
    await fixture.restart();
    await fixture.supervisor.begin();
    await fixture.guest(2);
  });

  it('is of no machine of others', async () => {
    const { fixture, guest } = await running();
    const other = { ...guest.spec, id: 'another' };
    expect(await fixture.supervisor.takeUp(fixture.guests.start(other))).toBe(false);
  });
});

it('a server whose machine the host stops is not one that was switched off', async () => {
  const { fixture, id, guest } = await running();
  await guest.stop('broker-stopping');
  await fixture.reaches(id, 'stopped');
  expect(await fixture.view(id)).toMatchObject({ wanted: 'running', problem: '' });
});

it('removing a server destroys all of it, and says what was freed', async () => {
  const { fixture, id, guest, files } = await running();
  await files.prepare();
  await writeFile(files.disk(id), 'x'.repeat(5000));
  const freed = await fixture.servers.remove(id, commandLine);
  expect(freed).toEqual({ sessions: 0, disks: 1, diskBytes: 8192, memoryBytes: 0 });
  expect(guest.state.kind).toBe('stopped');
  expect(await files.exists(files.disk(id))).toBe(false);
  expect(await fixture.servers.list()).toEqual([]);
  await fixture.supervisor.look();
  expect(fixture.guests.all).toHaveLength(1);
  await until('nothing claims its machine', async () => {
    return (await fixture.machines.of('server')).length === 0;
  });
});

it('the command line does not remove what runs', async () => {
  const { fixture, id } = await running();
  await expect(fixture.behind.servers.remove(id, commandLine)).rejects.toMatchObject({
    code: 'change-conflict',
  });
  await fixture.servers.stop(id, commandLine);
  await fixture.reaches(id, 'stopped');
  await fixture.behind.servers.remove(id, commandLine);
  await expect(fixture.view(id)).rejects.toMatchObject({ code: 'not-found' });
});
