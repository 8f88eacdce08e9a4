import { mkdir, readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { pruneLogs } from '../../../../src/desktops/log-keeping.ts';
import { machinesFolder } from '../../../../src/desktops/qemu/machine-paths.ts';
import { scratchFolder } from './scratch.ts';

it('keeps the newest logs, and whatever belongs to a live machine', async () => {
  const dataDir = await scratchFolder();
  for (const [age, id] of ['newest', 'newer', 'older', 'oldest', 'live'].entries()) {
    const folder = join(machinesFolder(dataDir), id);
    await mkdir(folder, { recursive: true });
    await utimes(folder, 1_000_000 - age, 1_000_000 - age);
  }
  await pruneLogs(dataDir, new Set(['live']), 2);
  expect((await readdir(machinesFolder(dataDir))).toSorted()).toEqual(['live', 'newer', 'newest']);
});
