import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { probeLimits } from '../../../../../src/setup/doctor/limits.ts';
import { scratchFolder } from '../../desktops/scratch.ts';

/** A proc that tells of these control groups, which are mounted in the same folder. */
async function proc(mounts: (folder: string) => string[], groups: string[]): Promise<string> {
  const folder = await scratchFolder();
  await mkdir(join(folder, 'self'));
  await writeFile(join(folder, 'mounts'), `${mounts(folder).join('\n')}\n`);
  await writeFile(join(folder, 'self/cgroup'), `${groups.join('\n')}\n`);
  return folder;
}

describe('probeLimits', () => {
  it('finds all three in version 1, also where the own group is that of another namespace', async () => {
    const folder = await proc(
      (mount) =>
        ['cpu', 'memory', 'pids'].map((name) => `cgroup ${mount}/${name} cgroup rw,${name} 0 0`),
      ['3:pids:/of/the/host', '2:memory:/own', '1:cpu:/'],
    );
    for (const name of ['cpu', 'memory/own', 'pids']) {
      await mkdir(join(folder, name), { recursive: true });
    }
    expect(await probeLimits(folder)).toEqual({
      ok: true,
      found: 'of processors, memory, processes, by control groups of version 1',
    });
  });

  it('finds in version 2 what the own group can divide, and names what is missing', async () => {
    const folder = await proc((mount) => [`cgroup2 ${mount}/all cgroup2 rw 0 0`], ['0::/broker']);
    const own = join(folder, 'all/broker');
    await mkdir(own, { recursive: true });
    await writeFile(join(own, 'cgroup.controllers'), 'cpuset memory pids\n');
    await writeFile(join(own, 'cgroup.subtree_control'), '');
    expect(await probeLimits(folder)).toEqual({
      ok: false,
      found: 'of memory, processes, by control groups of version 2; not of processors',
    });
  });

  it('counts nothing that is not there, or not ours', async () => {
    const folder = await proc(
      (mount) => [`cgroup ${mount}/cpu cgroup rw,cpu 0 0`, `cgroup2 ${mount}/all cgroup2 rw 0 0`],
      ['1:cpu:/', '0::/'],
    );
    await mkdir(join(folder, 'all'));
    await chmod(join(folder, 'all'), 0o555);
    expect(await probeLimits(folder)).toEqual({
      ok: false,
      found: 'no control groups that this user may use',
    });
  });
});
