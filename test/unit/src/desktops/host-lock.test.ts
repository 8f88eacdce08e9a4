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

  it('is one for each folder', async () => {
    const locks = [lockHost(await scratchFolder()), lockHost(await scratchFolder())];
    for (const lock of locks) lock.dispose();
  });
});
