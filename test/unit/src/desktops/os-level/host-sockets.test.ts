import { access, lstat, mkdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  deskFolder,
  makeDeskFolder,
  takeSockets,
} from '../../../../../src/desktops/os-level/host-sockets.ts';
import { tryToConnect } from '../../../../../src/desktops/qemu/connect.ts';
import { machinePaths } from '../../../../../src/desktops/qemu/machine-paths.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';
import { scratchFolder } from '../scratch.ts';

const id = '00000000-0000-4000-8000-000000000001';

async function setUp() {
  const folder = await scratchFolder();
  const paths = machinePaths({ dataDir: join(folder, 'd'), runtimeDir: join(folder, 'r') }, id);
  await mkdir(paths.sockets, { recursive: true });
  await makeDeskFolder(paths);
  const clock = new FakeClock();
  const { signal } = new AbortController();
  const listen = (name: string) => listenAt(join(deskFolder(paths), name));
  return { paths, clock, listen, take: () => takeSockets(paths, { clock, signal }) };
}

async function listenAt(path: string): Promise<void> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => {
    server.listen(path, resolve);
  });
  onTestFinished(() => void server.close());
}

describe('the sockets of an os-level desktop', () => {
  it('move to where the desktop cannot reach, and its folder is gone', async () => {
    const { paths, listen, take } = await setUp();
    await listen('rfb');
    await listen('agent');
    await take();
    for (const path of [paths.rfb, paths.agent]) {
      const socket = await tryToConnect(path);
      expect(socket).not.toBeNull();
      socket?.destroy();
    }
    await expect(access(deskFolder(paths))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('are taken over by a broker that comes later, however far the one before it came', async () => {
    const { paths, clock, listen, take } = await setUp();
    await listen('rfb');
    const killed = new AbortController();
    const taking = takeSockets(paths, { clock, signal: killed.signal });
    await listen('agent');
    killed.abort(new Error('killed'));
    await taking.catch(() => undefined); // it may have come to the end before
    await take();
    await take();
    expect((await lstat(paths.rfb)).isSocket()).toBe(true);
    expect((await lstat(paths.agent)).isSocket()).toBe(true);
  });

  it.each(['a link to the socket of another', 'a plain file'])('are not %s', async (what) => {
    const { paths, take } = await setUp();
    const rfb = join(deskFolder(paths), 'rfb');
    const other = join(paths.sockets, 'other');
    await listenAt(other);
    await (what === 'a plain file' ? writeFile(rfb, '') : symlink(other, rfb));
    await expect(take()).rejects.toMatchObject({ code: 'guest-failed' });
    await expect(lstat(paths.rfb)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('are all that a desktop may put there', async () => {
    const { paths, listen, take } = await setUp();
    await listen('rfb');
    await listen('agent');
    await writeFile(join(deskFolder(paths), 'more'), '');
    await expect(take()).rejects.toMatchObject({ code: 'guest-failed' });
  });

  it('are waited for until nobody wants them any more', async () => {
    const { paths, clock } = await setUp();
    const giveUp = new AbortController();
    const taking = takeSockets(paths, { clock, signal: giveUp.signal });
    giveUp.abort(new Error('over'));
    await expect(taking).rejects.toThrow('over');
  });
});
