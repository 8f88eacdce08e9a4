import { access, lstat, mkdir, rename, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { tryToConnect } from '../../../../../src/desktops/qemu/connect.ts';
import { machinePaths, qemuFolder } from '../../../../../src/desktops/qemu/machine-paths.ts';
import {
  makeQemuFolder,
  pathsForQemu,
  takeControlSocket,
  takeSockets,
} from '../../../../../src/desktops/qemu/own-sockets.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';
import { scratchFolder } from '../scratch.ts';

const id = '00000000-0000-4000-8000-000000000001';
const names = ['qmp', 'rfb', 'agent', 'identity'] as const;

async function setUp() {
  const folder = await scratchFolder();
  const paths = machinePaths({ dataDir: join(folder, 'd'), runtimeDir: join(folder, 'r') }, id);
  await mkdir(paths.sockets, { recursive: true });
  await makeQemuFolder(paths);
  return { paths, own: pathsForQemu(paths) };
}

async function listenAt(path: string): Promise<void> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => {
    server.listen(path, resolve);
  });
  onTestFinished(() => void server.close());
}

async function answers(path: string): Promise<boolean> {
  const socket = await tryToConnect(path);
  socket?.destroy();
  return socket !== null;
}

describe('the sockets of QEMU', () => {
  it('are made in a folder of its own, and what it receives at stays', async () => {
    const { paths, own } = await setUp();
    for (const name of names) expect(own[name]).toBe(join(paths.sockets, 'qemu', name));
    expect(own.migration).toBe(paths.migration);
    expect(own.disk).toBe(paths.disk);
  });

  it('stay what they are once they are taken, whatever QEMU does in its folder', async () => {
    const { paths, own } = await setUp();
    for (const name of names) await listenAt(own[name]);
    await takeSockets(paths);
    const other = join(paths.sockets, 'other');
    await listenAt(other);
    const { ino } = await lstat(paths.rfb);
    await rm(own.rfb);
    await symlink(other, own.rfb);
    await takeSockets(paths);
    expect((await lstat(paths.rfb)).ino).toBe(ino);
    for (const name of names) expect(await answers(paths[name])).toBe(true);
  });

  it('are refused when one is a link to that of another', async () => {
    const { paths, own } = await setUp();
    const other = join(paths.sockets, 'other');
    await listenAt(other);
    for (const name of ['qmp', 'agent', 'identity'] as const) await listenAt(own[name]);
    await symlink(other, own.rfb);
    await expect(takeSockets(paths)).rejects.toMatchObject({ code: 'guest-failed' });
    await expect(lstat(paths.rfb)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('are refused when one is missing', async () => {
    const { paths, own } = await setUp();
    await listenAt(own.qmp);
    await expect(takeSockets(paths)).rejects.toMatchObject({ code: 'guest-failed' });
  });

  it('are those of the process, and not of one before it', async () => {
    const { paths, own } = await setUp();
    for (const name of names) await listenAt(own[name]);
    await takeSockets(paths);
    await makeQemuFolder(paths);
    for (const name of names) await expect(access(paths[name])).rejects.toThrow('ENOENT');
    await expect(access(own.rfb)).rejects.toThrow('ENOENT');
    await access(qemuFolder(paths));
  });
});

describe('the socket of control', () => {
  it('is waited for', async () => {
    const { paths, own } = await setUp();
    const clock = new FakeClock();
    const taking = takeControlSocket(paths, { clock, signal: new AbortController().signal });
    await listenAt(`${own.qmp}.there`);
    await rename(`${own.qmp}.there`, own.qmp);
    let taken = false;
    void taking.then(() => {
      taken = true;
    });
    while (!taken) {
      clock.pass(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await answers(paths.qmp)).toBe(true);
  });

  it('is waited for until nobody wants it any more', async () => {
    const { paths } = await setUp();
    const giveUp = new AbortController();
    const taking = takeControlSocket(paths, { clock: new FakeClock(), signal: giveUp.signal });
    giveUp.abort(new Error('over'));
    await expect(taking).rejects.toThrow('over');
  });
});
