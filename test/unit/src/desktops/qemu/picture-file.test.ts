import { execFileSync } from 'node:child_process';
import { symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPicture } from '../../../../../src/desktops/qemu/picture-file.ts';
import { scratchFolder } from '../scratch.ts';

describe('a picture that QEMU wrote', () => {
  it('is read as it is', async () => {
    const path = join(await scratchFolder(), 'picture.ppm');
    await writeFile(path, 'P6 1 1 255 abc');
    expect(String(await readPicture(path))).toBe('P6 1 1 255 abc');
  });

  it('is no link to another file', async () => {
    const folder = await scratchFolder();
    await writeFile(join(folder, 'secret'), 'secret');
    await symlink('secret', join(folder, 'picture.png'));
    await expect(readPicture(join(folder, 'picture.png'))).rejects.toMatchObject({ code: 'ELOOP' });
  });

  it('has no end that is far away', async () => {
    const path = join(await scratchFolder(), 'picture.png');
    await writeFile(path, '');
    await truncate(path, 65 * 1024 * 1024);
    await expect(readPicture(path)).rejects.toMatchObject({ code: 'guest-failed' });
  });

  const skipped = process.platform === 'win32';
  const why = skipped ? ' (skipped: Windows has no pipes in folders)' : '';
  it.skipIf(skipped)(`is no pipe, which nobody may ever write to${why}`, async () => {
    const path = join(await scratchFolder(), 'picture.png');
    execFileSync('mkfifo', [path]);
    await expect(readPicture(path)).rejects.toMatchObject({ code: 'guest-failed' });
  });
});
