import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/contract/clock.ts';
import { procTable } from '../../src/desktops/process-table.ts';
import { adoptQemu, endQemu, spawnQemu } from '../../src/desktops/qemu/process.ts';

const folder = await mkdtemp(join(tmpdir(), 'porthole-process-'));
const log = join(folder, 'log');
const deps = { clock: systemClock, processes: procTable() };

afterAll(() => rm(folder, { recursive: true }));

/** A shell in the place of QEMU: it can be made to behave badly. */
function misbehave(script: string) {
  return spawnQemu({ qemu: '/bin/sh', args: ['-c', script], log }, deps);
}

describe('a process', () => {
  it('that ignores quit and SIGTERM is killed, and leaves no zombie', async () => {
    const stubborn = await misbehave("trap '' TERM; echo ready; while :; do sleep 1; done");
    await expect.poll(() => readFile(log, 'utf8')).toContain('ready');
    await endQemu(stubborn, () => new Promise(() => undefined), systemClock);
    expect(await stubborn.gone).toBe('signal SIGKILL');
    expect(await deps.processes.find(stubborn.identity.pid)).toBeNull();
  });

  it('that goes when it is asked to is not killed', async () => {
    const polite = await misbehave("trap 'exit 3' USR1; echo polite; while :; do :; done");
    await expect.poll(() => readFile(log, 'utf8')).toContain('polite');
    const quit = async () => void process.kill(polite.identity.pid, 'SIGUSR1');
    await endQemu(polite, quit, systemClock);
    expect(await polite.gone).toBe('exit code 3');
  });

  it('is in a session of its own, and its words are in the log', async () => {
    const own = await misbehave('echo out; echo err >&2; cat /proc/self/stat; sleep 60');
    await expect.poll(() => readFile(log, 'utf8')).toMatch(/out\nerr\n\d+ \(cat\)/);
    const words = (await readFile(log, 'utf8')).trim().split('\n').at(-1) ?? '';
    const session = words.split(' ')[5];
    expect(session).toBe(String(own.identity.pid));
    await endQemu(own, null, systemClock);
    expect(await own.gone).toBe('signal SIGTERM');
  });
});

describe('a process of an earlier broker', () => {
  it('is watched until its end, and ended', async () => {
    const child = spawn('sleep', ['60']);
    const found = adoptQemu(await identityOf(child), deps);
    await endQemu(found, null, systemClock);
    expect(await found.gone).toBe('found gone');
    expect(child.signalCode).toBe('SIGTERM');
    found.dispose();
  });

  it('is not mistaken for another that got its number', async () => {
    const bystander = spawn('sleep', ['60']);
    const { pid, startTime } = await identityOf(bystander);
    const found = adoptQemu({ pid, startTime: startTime - 1 }, deps);
    await found.gone;
    await found.signal('SIGKILL');
    expect(await deps.processes.find(pid)).toMatchObject({ startTime });
    bystander.kill();
    await once(bystander, 'exit');
  });
});

async function identityOf(child: ChildProcess) {
  await once(child, 'spawn');
  return (await deps.processes.find(child.pid ?? 0)) ?? expect.unreachable('it runs');
}
