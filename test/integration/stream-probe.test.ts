import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { probeRequest } from '../../renderer/stream/probe-request.ts';

/** What noVNC asks for among others, and QEMU answers a full request with: its pseudo-encoding. */
const extendedDesktopSize = -308;

/** A machine that never runs, so that nothing on its screen ever changes. */
async function stillMachine(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'porthole-probe-'));
  const socket = join(folder, 'vnc');
  const args = [
    '-machine',
    'q35',
    '-m',
    '64',
    '-S',
    '-vga',
    'std',
    '-display',
    `vnc=unix:${socket}`,
  ];
  const qemu = spawn('qemu-system-x86_64', args, { stdio: 'ignore' });
  const gone = once(qemu, 'exit');
  onTestFinished(async () => {
    qemu.kill();
    await gone;
    await rm(folder, { recursive: true });
  });
  return socket;
}

/** What the machine says until a number of bytes is there; the rest is kept for the next question. */
function reader(socket: Socket): (length: number) => Promise<Buffer> {
  let kept = Buffer.alloc(0);
  socket.on('data', (data) => {
    kept = Buffer.concat([kept, data]);
  });
  return async (length) => {
    await vi.waitUntil(() => kept.length >= length, { timeout: 5_000, interval: 5 });
    const taken = kept.subarray(0, length);
    kept = kept.subarray(length);
    return taken;
  };
}

async function open(path: string): Promise<Socket> {
  return vi.waitFor(
    async () => {
      const socket = connect(path);
      await once(socket, 'connect');
      return socket;
    },
    { timeout: 10_000, interval: 50 },
  );
}

it('QEMU answers the probe of a silent stream at once, with nothing new to show', async () => {
  const socket = await open(await stillMachine());
  onTestFinished(() => void socket.destroy());
  const read = reader(socket);
  await read(12);
  socket.write('RFB 003.008\n');
  await read(2);
  socket.write(Buffer.of(1));
  await read(4);
  socket.write(Buffer.of(1));
  const init = await read(24);
  await read(init.readUInt32BE(20));
  const encodings = Buffer.alloc(8);
  encodings.writeUInt8(2);
  encodings.writeUInt16BE(1, 2);
  encodings.writeInt32BE(extendedDesktopSize, 4);
  socket.write(encodings);

  const asked = performance.now();
  socket.write(probeRequest());
  const update = await read(16);
  expect(update.readInt32BE(12)).toBe(extendedDesktopSize);
  // Well before the second after which the picture counts as old.
  expect(performance.now() - asked).toBeLessThan(500);
});
