import { chmod, lstat, mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  give,
  letPass,
  letRead,
  ownerOf,
} from '../../../../../src/desktops/confinement/ownership.ts';
import { scratchFolder } from '../scratch.ts';

/** Only root gives files away; a group of one's own can be given by anybody. */
const isRoot = process.getuid?.() === 0;
const other = isRoot ? 1_900_000_000 : (process.getuid?.() ?? 0);
const group = isRoot ? 1_900_000_001 : (process.getgid?.() ?? 0);

describe('files', () => {
  it('are given with all that is below, and never what a link leads to', async () => {
    const folder = await scratchFolder();
    const given = join(folder, 'given');
    await mkdir(join(given, 'below'), { recursive: true });
    await writeFile(join(given, 'below/file'), '');
    await writeFile(join(folder, 'kept'), '');
    const before = await ownerOf(join(folder, 'kept'));
    await symlink(join(folder, 'kept'), join(given, 'link'));
    await give(given, other);
    for (const path of ['', 'below', 'below/file', 'link']) {
      expect(await lstat(join(given, path))).toMatchObject({ uid: other });
    }
    expect(await ownerOf(join(folder, 'kept'))).toBe(before);
  });

  it('that are not there are nobody’s', async () => {
    expect(await ownerOf(join(await scratchFolder(), 'missing'))).toBeNull();
  });

  it('that the broker keeps to itself are opened to a group, to read', async () => {
    const folder = await scratchFolder();
    await chmod(folder, 0o700);
    await writeFile(join(folder, 'state'), '', { mode: 0o600 });
    await writeFile(join(folder, 'open'), '', { mode: 0o644 });
    const { gid } = await stat(join(folder, 'open'));
    await letRead(folder, group);
    const modes = await Promise.all(['', 'state', 'open'].map((name) => stat(join(folder, name))));
    expect(modes.map(({ mode }) => mode & 0o777)).toEqual([0o750, 0o640, 0o644]);
    expect(modes.map((stats) => stats.gid)).toEqual([group, group, gid]);
  });

  it('in a folder that a group may pass are reached by name, and not listed', async () => {
    const folder = await scratchFolder();
    await chmod(folder, 0o700);
    await letPass(folder, group);
    await letPass(folder, group);
    expect(await stat(folder)).toMatchObject({ gid: group });
    expect((await stat(folder)).mode & 0o777).toBe(0o710);
  });
});
