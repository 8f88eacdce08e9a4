import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { procTable } from '../../src/desktops/process-table.ts';
import { machinePaths } from '../../src/desktops/qemu/machine-paths.ts';
import { emptyImage, Fixture, reaches, spec } from './desktops-fixture.ts';

const doomedHost = fileURLToPath(new URL('desktops-doomed-host.ts', import.meta.url));

let fixture: Fixture;

beforeEach(async () => {
  fixture = await Fixture.make();
});

afterEach(async () => {
  const host = await fixture.host();
  await host.adopt(new Set());
  await host.shutDown('stop');
  expect(await fixture.held()).toEqual([]);
  await fixture.dispose();
});

describe('after a broker that was killed', () => {
  it('claimed machines are taken over, and everything else of it is freed', async () => {
    const { ids, child } = await startDoomed(5);
    const [claimed = '', unclaimed = '', dead = '', unrecorded = '', damaged = ''] = ids;
    await expect(fixture.host()).rejects.toMatchObject({ code: 'broker-running' });
    await kill(child);
    expect(await runningIds()).toEqual(ids.toSorted());

    process.kill((await processOf(dead)).pid, 'SIGKILL');
    await rm(machinePaths(fixture, unrecorded).record);
    await writeFile(machinePaths(fixture, damaged).record, '{"version":');

    const host = await fixture.host();
    const { adopted, reaped } = await host.adopt(new Set([claimed, dead, damaged]));
    expect(adopted.map((machine) => machine.spec.id)).toEqual([claimed]);
    expect(reaped.toSorted()).toEqual([unclaimed, dead, unrecorded, damaged].toSorted());
    expect(await runningIds()).toEqual([claimed]);

    const machine = host.find(claimed) ?? expect.unreachable();
    await reaches(machine, 'running');
    expect(machine.spec.image).toBe(emptyImage);
    expect((await machine.picture()).length).toBeGreaterThan(100);

    // Its process is no child of ours, but its end is noticed all the same.
    process.kill((await processOf(claimed)).pid, 'SIGKILL');
    const { problem } = await reaches(machine, 'failed');
    expect(problem.code).toBe('guest-failed');
    expect(await fixture.held()).toEqual([]);
    await host.shutDown('stop');
  });

  it('a clone goes on, and so does its way out', async () => {
    const { ids, child } = await startDoomed(1, 'clone');
    const [id = ''] = ids;
    await kill(child);
    await expect(connect(machinePaths(fixture, id).proxy)).rejects.toThrow('ECONNREFUSED');
    const host = await fixture.host();
    const { adopted } = await host.adopt(new Set(ids));
    const [machine = expect.unreachable()] = adopted;
    expect(machine.state).toEqual({ kind: 'running' });
    expect(machine.origin).toMatchObject({ kind: 'clone' });
    const { stdout } = await machine.agent().run(['/bin/hostname']);
    expect(String(stdout).trim()).toBe(machine.spec.hostname);
    await connect(machinePaths(fixture, id).proxy);
    await host.shutDown('stop');
    expect(await fixture.held()).toEqual([]);
  });
});

describe('a broker that leaves its machines running', () => {
  it('lets go of those that run, stops the others, and the next one takes over', async () => {
    const first = await fixture.host();
    const kept = first.start(spec(emptyImage));
    await reaches(kept, 'running');
    const begun = first.start(spec(emptyImage));
    await first.shutDown('leave');
    expect(begun.state).toEqual({ kind: 'stopped', reason: 'broker-stopping' });
    expect(kept.state).toEqual({ kind: 'running' });
    expect(await runningIds()).toEqual([kept.spec.id]);

    const second = await fixture.host();
    const { adopted } = await second.adopt(new Set([kept.spec.id]));
    const machine = adopted[0] ?? expect.unreachable();
    await reaches(machine, 'running');
    await machine.stop('asked');
    expect(await fixture.held()).toEqual([]);
    await second.shutDown('stop');
  });
});

const idsSchema = z.array(z.string());

async function startDoomed(count: number, ...what: string[]) {
  const child = spawn(process.execPath, [doomedHost, fixture.folder, String(count), ...what], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const { value } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  return { child, ids: idsSchema.parse(JSON.parse(String(value))) };
}

async function connect(path: string): Promise<void> {
  const socket = createConnection(path);
  await once(socket, 'connect');
  socket.destroy();
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function machineProcesses() {
  const entries = await procTable().all();
  return entries.flatMap(({ pid, argv }) => {
    // What confines it carries its command line too.
    const isQemu = argv[0]?.includes('qemu-system') ?? false;
    const ours = isQemu && argv.some((arg) => arg.startsWith(fixture.dataDir));
    const id = argv[argv.indexOf('-uuid') + 1];
    return ours && id !== undefined ? [{ pid, id }] : [];
  });
}

async function runningIds(): Promise<string[]> {
  return (await machineProcesses()).map(({ id }) => id).toSorted();
}

async function processOf(id: string) {
  const found = (await machineProcesses()).find((entry) => entry.id === id);
  return found ?? expect.unreachable(`no process of ${id}`);
}
