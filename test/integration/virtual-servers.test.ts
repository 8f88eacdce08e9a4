import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { commandLine } from '../../src/broker/audit/actor.ts';
import { newServerSchema } from '../../src/contract/server.ts';
import type { Machine } from '../../src/desktops/engine.ts';
import { procTable } from '../../src/desktops/process-table.ts';
import { until } from '../fakes/until.ts';
import { builtImage, Fixture } from './desktops-fixture.ts';
import { KeptGuests } from './kept-guests-fixture.ts';

const doomedServers = fileURLToPath(new URL('doomed-servers.ts', import.meta.url));
const doomedSchema = z.object({ id: z.string(), machineId: z.string() });
const admin = '3f0d3c5e-6b1c-4d6a-9a3e-0e6a1f9f1a01';
const file = '/var/mark';
const longMs = 150_000;

describe('a virtual server, as a real guest', () => {
  let guests: KeptGuests;
  let id: string;
  beforeAll(async () => {
    guests = await KeptGuests.start();
  });
  afterAll(() => guests.dispose());

  it('starts by itself, and its console is there for administrators', async () => {
    const order = newServerSchema.parse({ name: 'Mail', image: builtImage, restart: 'on-failure' });
    ({ id } = await guests.virtualization.servers.create(order, commandLine));
    await running();
    const { supply } = await guests.virtualization.desktops.get(admin, id);
    const lease = await supply.lease({ userId: admin, desktopId: id });
    expect(lease.machine.rfbSocket).toEqual(expect.stringContaining('rfb'));
    await lease.end('asked');
    expect(await state()).toBe('running');
    await write('before');
  }, 200_000);

  it('goes on while a snapshot is taken, and goes back to it', async () => {
    const { servers, snapshots } = guests.virtualization;
    const snapshot = await snapshots.create(id, 'Before', commandLine);
    expect(snapshot.bytes).toBeGreaterThan(0);
    await write('after');
    await servers.stop(id, commandLine);
    await until('it is stopped', async () => (await state()) === 'stopped', longMs);
    await snapshots.restore(id, snapshot.id, commandLine);
    await servers.start(id, commandLine);
    await running();
    expect(await read()).toBe('before');
  }, 300_000);

  it('runs on when its broker is gone, and is taken up by the next', async () => {
    const before = machine().spec.id;
    await guests.endBroker('leave');
    await guests.startBroker();
    expect(machine().spec.id).toBe(before);
    expect(await state()).toBe('running');
    expect(await read()).toBe('before');
  }, 100_000);

  it('is started again when it is killed, with what was on its disk', async () => {
    const before = machine().spec.id;
    await write('kept');
    for (const pid of await qemuOf(before)) process.kill(pid, 'SIGKILL');
    await until(
      'another machine runs',
      async () => current() !== null && current() !== before,
      longMs,
    );
    expect(await guests.virtualization.servers.find(id)).toMatchObject({ restarts: 1 });
    expect(await read()).toBe('kept');
  }, 200_000);

  it('is destroyed with all it had', async () => {
    const { servers } = guests.virtualization;
    const freed = await servers.remove(id, commandLine);
    expect(freed).toMatchObject({ disks: 2 });
    expect(freed.diskBytes).toBeGreaterThan(0);
    expect(guests.host.machines()).toEqual([]);
    expect(await guests.fixture.held()).toEqual([]);
    expect(guests.faults).toEqual([]);
  }, 60_000);

  async function state(): Promise<string> {
    return (await guests.virtualization.servers.find(id)).state;
  }

  async function running(): Promise<void> {
    await until('it runs', async () => (await state()) === 'running', longMs);
  }

  /** Its machine's id; null while none runs. */
  function current(): string | null {
    const [found] = guests.host.machines().filter(({ state }) => state.kind === 'running');
    return found?.spec.id ?? null;
  }

  function machine(): Machine {
    const found = guests.host.find(current() ?? '');
    if (found === null) throw new Error('no machine runs');
    return found;
  }

  async function write(text: string): Promise<void> {
    await run(`echo ${text} > ${file}; sync`);
  }

  async function read(): Promise<string> {
    return (await run(`cat ${file}`)).trim();
  }

  async function run(script: string): Promise<string> {
    const agent = machine().agent();
    await agent.ping({ timeoutMs: 60_000 });
    const { stdout, exitCode } = await agent.run(['/bin/sh', '-c', script]);
    expect(exitCode).toBe(0);
    return stdout.toString();
  }
});

it('a virtual server outlives a broker that is killed, and the next goes on with it', async () => {
  const fixture = await Fixture.make();
  onTestFinished(() => fixture.dispose());
  const child = spawn(process.execPath, [doomedServers, fixture.folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const said = doomedSchema.parse(JSON.parse(String((await lines.next()).value)));
  child.kill('SIGKILL');
  await once(child, 'exit');
  const guests = await KeptGuests.at(fixture);
  onTestFinished(() => guests.dispose());
  expect(await guests.virtualization.servers.find(said.id)).toMatchObject({
    state: 'running',
    restarts: 0,
  });
  expect(guests.host.machines().map(({ spec }) => spec.id)).toEqual([said.machineId]);
  // It has nothing in it that could hear that it is to shut down.
  await guests.virtualization.servers.remove(said.id, commandLine);
}, 100_000);

/** Processes of QEMU that have this machine; not what confines them. */
async function qemuOf(machineId: string): Promise<number[]> {
  const processes = await procTable().all();
  return processes
    .filter(
      ({ argv }) => argv[0]?.includes('qemu-system') && argv.some((arg) => arg.includes(machineId)),
    )
    .map(({ pid }) => pid);
}
