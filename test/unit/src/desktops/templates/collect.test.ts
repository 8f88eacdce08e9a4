import { link, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { collect } from '../../../../../src/desktops/templates/collect.ts';
import { draftPaths } from '../../../../../src/desktops/templates/draft-paths.ts';
import { scratchFolder } from '../scratch.ts';

async function scratchDraft() {
  const draft = await scratchFolder();
  const paths = draftPaths(draft, '/sockets');
  await mkdir(paths.folder);
  await writeFile(join(paths.folder, 'console.log'), '');
  await writeFile(paths.qemuLog, '');
  await writeFile(paths.disk, 'disk');
  await writeFile(paths.savedState, 'state');
  await writeFile(join(draft, 'blank.qcow2'), 'blank');
  return { draft, paths, memory: join(paths.folder, 'memory') };
}

it('leaves the files of a template, of which other users read none but the disk', async () => {
  const { draft, paths, memory } = await scratchDraft();
  await writeFile(memory, 'memory');
  await collect(paths, draft);
  const names = (await readdir(draft)).toSorted();
  expect(names).toEqual(['blank.qcow2', 'disk.qcow2', 'memory', 'state']);
  expect(await readFile(join(draft, 'memory'), 'utf8')).toBe('memory');
  const modes = await Promise.all(
    names.map(async (name) => ((await stat(join(draft, name))).mode & 0o777).toString(8)),
  );
  expect(modes).toEqual(['600', '444', '600', '600']);
});

describe('a guest that broke out', () => {
  it.each([
    ['link', symlink],
    ['second name', link],
  ])('gets nothing by a %s in the place of its memory', async (_, make) => {
    const { draft, paths, memory } = await scratchDraft();
    const secret = join(await scratchFolder(), 'secret');
    await writeFile(secret, 'secret', { mode: 0o640 });
    await make(secret, memory);
    await expect(collect(paths, draft)).rejects.toMatchObject({ code: 'guest-failed' });
    expect((await stat(secret)).mode & 0o777).toBe(0o640);
  });
});
