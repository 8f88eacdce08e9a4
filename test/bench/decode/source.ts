import { once } from 'node:events';
import { deflateSync } from 'node:zlib';
import { WebSocketServer } from 'ws';
import type { AsyncDisposable } from '../../../src/contract/disposable.ts';
import { serverInit } from '../../fakes/fake-rfb-server.ts';

type Size = { width: number; height: number };

/** QEMU cuts rectangles so; each is one piece of compressed data. */
const bandHeight = 32;
const framesEach = 2;

/**
 * A screen that is wholly new with each update: a gradient with some noise, in Tight encoding as QEMU
 * compresses it. Two updates are made ahead and sent in turns, one for each request.
 * @param most updates that a viewer gets; later it waits in vain
 */
export async function startSource(
  size: Size,
  most = Number.POSITIVE_INFINITY,
): Promise<AsyncDisposable & { readonly url: string }> {
  const updates = Array.from({ length: framesEach }, (_, shift) => updateOf(size, shift));
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', (socket) => {
    let heard = 0;
    let sent = 0;
    const steps = [Buffer.from([1, 1]), Buffer.alloc(4), initOf(size)];
    socket.send(Buffer.from('RFB 003.008\n'));
    socket.on('message', (data: Buffer) => {
      const step = steps[heard];
      heard += 1;
      if (step !== undefined) socket.send(step);
      // noVNC sends each of its messages alone.
      else if (data[0] === 3 && sent < most) socket.send(updates[sent++ % framesEach] ?? '');
    });
  });
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the source needs a port');
  return {
    url: `ws://127.0.0.1:${address.port}`,
    async dispose() {
      for (const client of server.clients) client.terminate();
      server.close();
      await once(server, 'close');
    },
  };
}

function initOf({ width, height }: Size): Buffer {
  const init = serverInit();
  init.writeUInt16BE(width, 0);
  init.writeUInt16BE(height, 2);
  return init;
}

function updateOf({ width, height }: Size, shift: number): Buffer {
  const bands = Array.from({ length: Math.ceil(height / bandHeight) }, (_, index) => {
    const y = index * bandHeight;
    return band({ y, width, height: Math.min(bandHeight, height - y) }, shift);
  });
  const head = Buffer.alloc(4);
  head.writeUInt16BE(bands.length, 2);
  return Buffer.concat([head, ...bands]);
}

/** A rectangle with a stream of its own (rfbproto, "Tight Encoding": its first bit resets it). */
function band(at: Size & { y: number }, shift: number): Buffer {
  const pixels = Buffer.alloc(at.width * at.height * 3);
  for (let index = 0; index < at.width * at.height; index++) {
    const x = index % at.width;
    const y = at.y + Math.floor(index / at.width);
    const noise = ((x * 73 + y * 151 + shift * 31) % 97) % 4;
    pixels.set([(x >> 3) + shift * 40, (y >> 2) + noise, 120 + noise], index * 3);
  }
  const packed = deflateSync(pixels, { level: 1 });
  const head = Buffer.alloc(12 + 1 + 3);
  head.writeUInt16BE(at.y, 2);
  head.writeUInt16BE(at.width, 4);
  head.writeUInt16BE(at.height, 6);
  head.writeInt32BE(7, 8);
  head.writeUInt8(1, 12);
  const { length } = packed;
  head.set([0x80 | (length & 127), 0x80 | ((length >> 7) & 127), length >> 14], 13);
  return Buffer.concat([head, packed]);
}
