import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/contract/clock.ts';
import { createLimits } from '../../src/desktops/accounting/create-limits.ts';
import type { Limits, LimitsOfMachine } from '../../src/desktops/accounting/limits.ts';
import { parseProcessStat } from '../../src/desktops/accounting/process-stat.ts';
import { procTable } from '../../src/desktops/process-table.ts';
import { until } from '../fakes/until.ts';
import { silentLog } from '../unit/src/desktops/silent-log.ts';

const MiB = 1024 ** 2;
const unlimited: LimitsOfMachine = { cpuWeight: 100, cpus: 8, memoryBytes: null, processes: null };

/** Why a test of one limit can't run here; false where it can. */
function missing(sentence: string): string | false {
  return sentence.includes('by control groups') ? false : sentence;
}

const { how } = await createLimits({ clock: systemClock, log: silentLog });
for (const sentence of Object.values(how)) {
  if (missing(sentence)) process.stdout.write(`not tested here: ${sentence}\n`);
}

let limits: Limits;
beforeAll(async () => {
  limits = await createLimits({ clock: systemClock, log: silentLog });
});

const running: { id: string; child: ChildProcess }[] = [];
afterEach(async () => {
  for (const { id, child } of running.splice(0)) {
    const ended = child.exitCode !== null || child.signalCode !== null;
    const end = ended ? Promise.resolve() : once(child, 'exit');
    // The whole group of processes, which `detached` made it the leader of.
    if (child.pid !== undefined) {
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // all of it is gone
      }
    }
    await end;
    await limits.release(id);
  }
});

/** A shell that waits to be in its group before it runs the script. */
async function confined(script: string, of: Partial<LimitsOfMachine>) {
  const child = spawn('bash', ['-c', `read go; ${script}`], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  const id = randomUUID();
  running.push({ id, child });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const identity = await identityOf(child);
  await limits.apply(id, identity, { ...unlimited, ...of });
  return { id, child, identity, output: () => output, go: () => child.stdin.write('go\n') };
}

async function identityOf({ pid = 0 }: ChildProcess) {
  const entry = await procTable().find(pid);
  if (entry === null) throw new Error('it ended at once');
  return { pid: entry.pid, startTime: entry.startTime };
}

function cpuSecondsOf(pid: number): number {
  return parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.cpuSeconds ?? 0;
}

describe('limits by control groups', () => {
  it.skipIf(missing(how.memory))('ends what takes more memory than it may', async () => {
    const eat = 'exec tail /dev/zero'; // keeps the last line, which never ends
    const { child, go } = await confined(eat, { memoryBytes: 48 * MiB });
    go();
    const [, signal] = await once(child, 'exit');
    expect(signal).toBe('SIGKILL');
  });

  it.skipIf(missing(how.memory))('leaves alone what stays below', async () => {
    const take = 'head -c 16M /dev/zero | tail | wc -c';
    const { child, go, output } = await confined(take, { memoryBytes: 48 * MiB });
    go();
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(output().trim()).toBe(`${16 * MiB}`);
  });

  it.skipIf(missing(how.cpu))('shares a processor by weight', async () => {
    const loop = 'exec taskset -c 0 bash -c "while :; do :; done"';
    const light = await confined(loop, { cpuWeight: 100 });
    const heavy = await confined(loop, { cpuWeight: 400 });
    light.go();
    heavy.go();
    await until(
      'the light one had its share',
      () => cpuSecondsOf(light.identity.pid) > 0.5,
      30_000,
    );
    const before = [light, heavy].map(({ identity }) => cpuSecondsOf(identity.pid));
    await until(
      'both have worked',
      () => cpuSecondsOf(light.identity.pid) - (before[0] ?? 0) > 0.7,
      60_000,
    );
    const [one = 0, other = 0] = [light, heavy].map(
      ({ identity }, index) => cpuSecondsOf(identity.pid) - (before[index] ?? 0),
    );
    process.stdout.write(`weights 100:400 gave 1:${(other / one).toFixed(2)}\n`);
    expect(other / one).toBeGreaterThan(2);
    expect(other / one).toBeLessThan(7);
  });

  it.skipIf(missing(how.cpu))('gives no more of the processors than it may have', async () => {
    const { go, identity } = await confined('exec bash -c "while :; do :; done"', { cpus: 0.25 });
    go();
    const [from, since] = [cpuSecondsOf(identity.pid), performance.now()];
    await until('it was held back', () => performance.now() - since > 2000);
    const share = (cpuSecondsOf(identity.pid) - from) / ((performance.now() - since) / 1000);
    expect(share).toBeLessThan(0.35);
  });

  it.skipIf(missing(how.processes))('stops a fork bomb', async () => {
    const bomb = 'b() { while :; do sleep 100 & done; }; b';
    const { id, go, child } = await confined(bomb, { processes: 30 });
    go();
    const members = () => membersOf(id).length;
    await until('it hits the limit', () => child.exitCode !== null || members() >= 30);
    expect(members()).toBeLessThanOrEqual(30);
  });

  it.skipIf(missing(how.processes))('moves all that a process has started already', async () => {
    const child = spawn('bash', ['-c', '(sleep 100 & sleep 100) & sleep 100; true'], {
      stdio: 'ignore',
      detached: true,
    });
    const id = randomUUID();
    running.push({ id, child });
    const family = () => spawnSync('pgrep', ['-g', `${child.pid}`], { encoding: 'utf8' }).stdout;
    await until('all have started', () => family().trim().split('\n').length === 5);
    await limits.apply(id, await identityOf(child), unlimited);
    expect(membersOf(id).toSorted()).toEqual(family().trim().split('\n').toSorted());
  });

  it.skipIf(missing(how.processes))('removes groups that a dead broker left', async () => {
    const { id, child } = await confined('true', {});
    const folder = groupOf(id);
    await createLimits({ clock: systemClock, log: silentLog });
    expect(existsSync(folder)).toBe(true);
    process.kill(child.pid ?? 0, 'SIGKILL');
    await once(child, 'exit');
    await createLimits({ clock: systemClock, log: silentLog });
    expect(existsSync(folder)).toBe(false);
  });
});

/** The group of a machine for its processes, by the folder that is named to people. */
function groupOf(id: string): string {
  return `${/\((.*)\)/.exec(how.processes)?.[1]}/${id}`;
}

function membersOf(id: string): string[] {
  return readFileSync(`${groupOf(id)}/cgroup.procs`, 'utf8')
    .trim()
    .split('\n');
}
