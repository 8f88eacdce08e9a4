import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLimits } from '../../../../../src/desktops/accounting/create-limits.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';
import { until } from '../../../../fakes/until.ts';
import { scratchFolder } from '../scratch.ts';
import { silentLog } from '../silent-log.ts';
import { FakeGroups } from './fake-groups.ts';

const mount = '/sys/fs/cgroup';
const own = `${mount}/system.slice/broker.service`;
const ours = `${own}/porthole`;
const limits = { cpuWeight: 400, cpus: 2, memoryBytes: 1024, processes: 64 };

const stat = (pid: number, parent: number) =>
  `${pid} (qemu) S ${parent} 0 0 0 -1 0 0 0 0 0 1 1 0 0 20 0 1 0 ${pid}00 0\n`;

async function procWith(mounts: string, cgroup: string): Promise<string> {
  const proc = await scratchFolder();
  await mkdir(join(proc, 'self'));
  await writeFile(join(proc, 'mounts'), mounts);
  await writeFile(join(proc, 'self/cgroup'), cgroup);
  for (const [pid, parent] of [
    [20, 10],
    [21, 20],
    [22, 21],
    [30, 10],
  ] as const) {
    await mkdir(join(proc, `${pid}`));
    await writeFile(join(proc, `${pid}`, 'stat'), stat(pid, parent));
  }
  return proc;
}

async function version2(files = new FakeGroups(own, ['cpu', 'memory', 'pids', 'io'])) {
  const proc = await procWith(
    `cgroup2 ${mount} cgroup2 rw,nosuid 0 0\n`,
    '0::/system.slice/broker.service\n',
  );
  const clock = new FakeClock();
  for (const pid of ['10', '11']) files.put(pid, own);
  const create = () => createLimits({ clock, log: silentLog, files, proc });
  return { files, clock, create };
}

describe('limits by control groups of version 2', () => {
  it('says that all is enforced, and makes way for groups by moving the broker aside', async () => {
    const { files, create } = await version2();
    const { how } = await create();
    expect(how.cpu).toBe(
      `Each guest has a weight and a ceiling, by control groups of version 2 (${ours}).`,
    );
    expect(how.memory).toMatch(/^Each guest with a limit is held to it/);
    expect(how.processes).toContain('version 2');
    expect(files.membersOf(`${own}/porthole-broker`)).toEqual(['10', '11']);
  });

  it('sets the limits before it moves the whole tree of the process', async () => {
    const { files, create } = await version2();
    const made = await create();
    await made.apply('m1', { pid: 20, startTime: 2000 }, limits);
    expect(files.membersOf(`${ours}/m1`)).toEqual(['20', '21', '22']);
    expect(Object.fromEntries(files.written)).toMatchObject({
      [`${ours}/m1/cpu.weight`]: '400',
      [`${ours}/m1/cpu.max`]: '200000 100000',
      [`${ours}/m1/memory.max`]: '1024',
      [`${ours}/m1/memory.swap.max`]: '0',
      [`${ours}/m1/pids.max`]: '64',
    });
    await made.apply('m2', { pid: 30, startTime: 1 }, { ...limits, memoryBytes: null });
    expect(files.membersOf(`${ours}/m2`)).toEqual([]); // another process by now
    expect(files.written).toContainEqual([`${ours}/m2/memory.max`, 'max']);
  });

  it('removes a group once nobody is in it', async () => {
    const { files, clock, create } = await version2();
    const made = await create();
    await made.apply('m1', { pid: 20, startTime: 2000 }, limits);
    const released = made.release('m1');
    await until('it waits', () => clock.pending === 1);
    expect(await files.groups(ours)).toEqual(['m1']);
    for (const pid of ['20', '21', '22']) files.put(pid, own);
    clock.pass(1000);
    await released;
    expect(await files.groups(ours)).toEqual([]);
    await made.release('m1'); // and again
  });

  it('removes what an earlier broker left, but not what runs', async () => {
    const { files, create } = await version2();
    const before = await create();
    await before.apply('dead', { pid: 30, startTime: 1 }, limits);
    await before.apply('alive', { pid: 30, startTime: 3000 }, limits);
    await create();
    expect(await files.groups(ours)).toEqual(['alive']);
  });

  it('says what is missing where a controller is not delegated, and does the rest', async () => {
    const { create } = await version2(new FakeGroups(own, ['memory', 'pids']));
    const { how } = await create();
    expect(how.cpu).toBe(
      `Guests share the processors as any programs do, without weights: ${own} has no controller for it.`,
    );
    expect(how.memory).toContain('version 2');
  });

  it('says so where the user may not write', async () => {
    const { create } = await version2(new FakeGroups(own, ['memory'], { readOnly: true }));
    const made = await create();
    expect(made.how.memory).toBe(
      `Nothing but the engine itself limits the memory of a guest: ${own} cannot be divided: this user may not write to it (a service of systemd with Delegate=yes may).`,
    );
    await made.apply('m1', { pid: 20, startTime: 2000 }, limits);
    await made.release('m1');
  });

  it('says so where there are no control groups at all', async () => {
    const proc = await procWith('proc /proc proc rw 0 0\n', '');
    const { how } = await createLimits({ clock: new FakeClock(), log: silentLog, proc });
    expect(how.processes).toBe(
      'The number of a guest’s processes is not limited: no control groups are mounted for it.',
    );
  });

  it('tells that a guest failed whose limits cannot be set', async () => {
    const { files, create } = await version2();
    const made = await create();
    files.write = () => Promise.reject(new Error('broken'));
    await expect(made.apply('m1', { pid: 20, startTime: 2000 }, limits)).rejects.toMatchObject({
      code: 'guest-failed',
      detail: 'its limits could not be set: Error: broken',
    });
  });
});
