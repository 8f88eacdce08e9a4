import { spawnSync } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openWorkspace } from '../../../../../src/desktops/images/workspace.ts';
import { scratchFolder } from '../scratch.ts';

it('a workspace lies in the folder of images, and is gone when let go', async () => {
  const root = join(await scratchFolder(), 'not/there/yet');
  const workspace = await openWorkspace(root, 'building');
  await writeFile(join(workspace.path, 'file'), '');
  expect(await readdir(root)).toHaveLength(1);
  await workspace.dispose();
  await workspace.dispose();
  expect(await readdir(root)).toEqual([]);
});

it('what a program that was killed left behind goes, and nothing else does', async () => {
  const root = await scratchFolder();
  const { pid: dead } = spawnSync('true');
  const kept = [`.building-${process.pid}-abc`, '.rootfs-1.tar', '.damaged-1', 'an-image'];
  for (const name of [`.adding-${dead}-abc`, `.removing-${dead}-abc`, ...kept]) {
    await mkdir(join(root, name, 'inside'), { recursive: true });
  }
  const workspace = await openWorkspace(root, 'adding');
  await workspace.dispose();
  expect((await readdir(root)).toSorted()).toEqual(kept.toSorted());
});
