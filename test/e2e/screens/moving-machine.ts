import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';
import type { AsyncDisposable } from '../../../src/contract/disposable.ts';
import { until } from '../../fakes/until.ts';
import { startNetwork } from '../../harness/network.ts';

/**
 * A boot sector that paints 320 by 200 pixels in 256 colours anew, each time shifted, until a key
 * is struck: 16-bit code for the BIOS of a PC.
 */
const program = Buffer.from(
  [
    'b81300cd10', // mov ax, 13h; int 10h: graphics of 256 colours
    'b800a08ec0', // mov ax, a000h; mov es, ax: where its pixels are
    '31fffec3', // frame: xor di, di; inc bl
    '89f800d830e0aa', // pixel: mov ax, di; add al, bl; xor al, ah; stosb
    '81ff00fa75f3', // cmp di, 64000; jne pixel
    'b401cd1674e9', // mov ah, 1; int 16h; jz frame: no key yet
    'f4ebfd', // hlt, for good
  ].join(''),
  'hex',
);

export type MovingMachine = AsyncDisposable & {
  readonly url: string;
  /** Whether any picture in JPEG was sent. */
  readonly sentJpeg: boolean;
  /** What is on its screen: width, height and a byte each of red, green and blue. */
  screen(): Promise<{ width: number; height: number; pixels: Buffer }>;
};

/** A machine of QEMU whose screen moves until a key is struck, behind a long way. */
export async function startMovingMachine(roundTripMs: number): Promise<MovingMachine> {
  const folder = await mkdtemp(join(tmpdir(), 'porthole-moving-'));
  const [disk, vnc, dump] = ['disk', 'vnc', 'screen.ppm'].map((name) => join(folder, name));
  if (disk === undefined || vnc === undefined || dump === undefined) throw new Error('no folder');
  const sector = Buffer.alloc(512);
  program.copy(sector);
  sector.writeUInt16LE(0xaa55, 510);
  await writeFile(disk, sector);
  const drive = `file=${disk},format=raw,if=ide,snapshot=on`;
  const args = ['-accel', 'tcg', '-m', '32', '-nodefaults', '-vga', 'std', '-drive', drive];
  const display = ['-display', 'none', '-vnc', `unix:${vnc},share=force-shared,lossy=on`];
  const qemu = spawn('qemu-system-x86_64', [...args, ...display, '-monitor', 'stdio'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const gone = once(qemu, 'exit');

  let sentJpeg = false;
  const server = new WebSocketServer({
    ...{ host: '127.0.0.1', port: 0 },
    handleProtocols: () => 'rfb.porthole.v1',
  });
  server.on('connection', (socket) => {
    const display = connect(vnc);
    display.on('data', (data) => {
      sentJpeg ||= data.includes('JFIF');
      socket.send(data);
    });
    display.on('error', () => socket.terminate());
    socket.on('message', (data: Buffer) => display.write(data));
    socket.on('close', () => display.destroy());
  });
  await once(server, 'listening');
  const network = await startNetwork(() => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the bridge has no port');
    return { host: '127.0.0.1', port: address.port };
  });
  network.setRoundTrip(roundTripMs);
  await until('the machine has a display', async () => {
    const probe = connect(vnc);
    const answers = once(probe, 'connect').then(
      () => true,
      () => false,
    );
    const isThere = await answers;
    probe.destroy();
    return isThere;
  });

  return {
    url: `ws://127.0.0.1:${network.port}/v1/stream`,
    get sentJpeg() {
      return sentJpeg;
    },
    screen: async () => {
      await rm(dump, { force: true });
      qemu.stdin.write(`screendump ${dump}\n`);
      let ppm = Buffer.alloc(0);
      await until('the picture is written', async () => {
        ppm = await readFile(dump).catch(() => Buffer.alloc(0));
        const [, width, height] = headOf(ppm) ?? [];
        return ppm.length > 0 && ppm.length >= Number(width) * Number(height) * 3;
      });
      const [head = '', width, height] = headOf(ppm) ?? [];
      return {
        ...{ width: Number(width), height: Number(height) },
        pixels: ppm.subarray(head.length),
      };
    },
    dispose: async () => {
      await network.dispose();
      for (const client of server.clients) client.terminate();
      server.close();
      qemu.kill();
      await gone;
      await rm(folder, { recursive: true });
    },
  };
}

/** The first lines of a binary PPM, as QEMU writes it. */
function headOf(ppm: Buffer): RegExpExecArray | null {
  return /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(ppm.subarray(0, 64).toString('latin1'));
}
