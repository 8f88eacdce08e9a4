import { createHash } from 'node:crypto';
import { readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { copyDisk } from '../../../../../src/desktops/images/copy-disk.ts';
import { scratchFolder } from '../scratch.ts';
import { bootableRaw } from './disks.ts';

const mebibyte = 1 << 20;

describe('copying a disk', () => {
  it('gives the same bytes and their checksum, tells how far it is, and leaves holes', async () => {
    const folder = await scratchFolder();
    const disk = bootableRaw(5 * mebibyte + 512);
    await writeFile(join(folder, 'source'), disk);
    const fractions: number[] = [];
    const copy = await copyDisk(join(folder, 'source'), join(folder, 'target'), {
      onFraction: (fraction) => fractions.push(fraction),
    });
    const sha256 = createHash('sha256').update(disk).digest('hex');
    expect(copy).toEqual({ format: 'raw', checksum: { sha256, size: disk.length } });
    expect((await readFile(join(folder, 'target'))).equals(disk)).toBe(true);
    expect(fractions).toHaveLength(6);
    expect(fractions.at(-1)).toBe(1);
    const { blocks } = await stat(join(folder, 'target'));
    expect(blocks * 512).toBeLessThan(3 * mebibyte);
  });

  it('follows a link of the user to his disk', async () => {
    const folder = await scratchFolder();
    await writeFile(join(folder, 'disk'), bootableRaw(1024));
    await symlink(join(folder, 'disk'), join(folder, 'link'));
    const { format } = await copyDisk(join(folder, 'link'), join(folder, 'target'));
    expect(format).toBe('raw');
  });

  it('stops when told to', async () => {
    const folder = await scratchFolder();
    await writeFile(join(folder, 'disk'), bootableRaw(4 * mebibyte));
    const stop = new AbortController();
    const copying = copyDisk(join(folder, 'disk'), join(folder, 'target'), {
      signal: stop.signal,
      onFraction: () => stop.abort(new Error('enough')),
    });
    await expect(copying).rejects.toThrow('enough');
  });

  it.each(['/dev/zero', '/', '/nowhere/at-all'])('refuses %s', async (path) => {
    const folder = await scratchFolder();
    const copying = copyDisk(path, join(folder, 'target'));
    await expect(copying).rejects.toMatchObject({ code: 'image-invalid' });
    expect(await readdir(folder)).toEqual([]);
  });
});
