import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockHost } from '../../../../src/desktops/host-lock.ts';
import { scratchFolder } from './scratch.ts';

describe('the lock of a data folder', () => {
  it('is one at a time, and free again afterwards', async () => {
    const folder = await scratchFolder();
    const lock = lockHost(folder);
    expect(() => lockHost(folder)).toThrow(expect.objectContaining({ code: 'broker-running' }));
    lock.dispose();
    lock.dispose();
    lockHost(folder).dispose();
  });

  it('that is no lock says so, not that another broker runs, and is left as it is', async () => {
    const folder = await scratchFolder();
    const file = join(folder, 'host.lock');
    const garbage = Buffer.alloc(8_192, 'garbage ');
    await writeFile(file, garbage);
    const damaged = { code: 'store-damaged', detail: expect.stringContaining(file) };
    expect(() => lockHost(folder)).toThrow(expect.objectContaining(damaged));
    expect(await readFile(file)).toEqual(garbage);
    await rm(file);
    await mkdir(file);
    expect(() => lockHost(folder)).toThrow(expect.objectContaining(damaged));
  });

  it('is one for each folder', async () => {
    const locks = [lockHost(await scratchFolder()), lockHost(await scratchFolder())];
    for (const lock of locks) lock.dispose();
  });
});
