import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { receiveState } from '../../../../../src/desktops/templates/device-state.ts';
import { scratchFolder } from '../scratch.ts';

it('writes what is sent, whole, and is done when the sender is', async () => {
  const folder = await scratchFolder();
  const state = await receiveState(join(folder, 'socket'), join(folder, 'state'));
  const sender = connect(join(folder, 'socket'));
  await once(sender, 'connect');
  sender.write(Buffer.alloc(3_000_000, 1));
  sender.end('the end');
  await state.received;
  const content = await readFile(join(folder, 'state'));
  expect(content.length).toBe(3_000_007);
  expect(content.subarray(-7).toString()).toBe('the end');
  await state.dispose();
});

it('overwrites nothing', async () => {
  const folder = await scratchFolder();
  await writeFile(join(folder, 'state'), 'of another');
  const state = await receiveState(join(folder, 'socket'), join(folder, 'state'));
  await expect(state.received).rejects.toMatchObject({ code: 'EEXIST' });
  await state.dispose();
  expect(await readFile(join(folder, 'state'), 'utf8')).toBe('of another');
});
