import type { Duplex } from 'node:stream';
import { ByteReader } from './byte-reader.ts';
import type { Picture } from './picture.ts';

/** Pixels each way. The server is the guest's: it must not make us take gigabytes. */
const sizeLimit = 8192;
/** Characters of a name or a clipboard that we skip. */
const textLimit = 1024 * 1024;

/** Numbers of RFC 6143. */
const noSecurity = 1;
const server = { update: 0, colourMap: 1, bell: 2, cutText: 3 } as const;

/** 32 bits for each pixel: blue, green, red, nothing (RFC 6143, 7.4). */
const pixelFormat = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0];

/**
 * The whole screen of an RFB server with security type None, taken once.
 * @throws when the server ends, or says what cannot be understood
 */
export async function readScreen(stream: Duplex): Promise<Picture> {
  const reader = new ByteReader(stream);
  const { width, height } = await introduce(stream, reader);
  stream.write(Buffer.from([0, 0, 0, 0, ...pixelFormat]));
  stream.write(Buffer.from([2, 0, 0, 1, 0, 0, 0, 0])); // encodings: one, and that is raw
  const request = Buffer.alloc(10);
  request.writeUInt8(3, 0);
  request.writeUInt16BE(width, 6);
  request.writeUInt16BE(height, 8);
  stream.write(request);
  return { width, height, rgb: await readPixels(reader, { width, height }) };
}

type Size = { width: number; height: number };

async function introduce(stream: Duplex, reader: ByteReader): Promise<Size> {
  const version = (await reader.read(12)).toString('latin1');
  if (!/^RFB 003\.008\n$/.test(version)) throw new Error(`the server speaks ${version.trim()}`);
  stream.write('RFB 003.008\n');
  const [count = 0] = await reader.read(1);
  if (!(await reader.read(count)).includes(noSecurity)) throw new Error('it asks for a password');
  stream.write(Buffer.from([noSecurity]));
  if ((await reader.read(4)).readUInt32BE() !== 0) throw new Error('it refused the connection');
  stream.write(Buffer.from([1])); // shared: nobody else is sent away
  const init = await reader.read(24);
  await skipText(reader, init.readUInt32BE(20));
  const size = { width: init.readUInt16BE(0), height: init.readUInt16BE(2) };
  if (size.width > sizeLimit || size.height > sizeLimit) throw new Error('its screen is too large');
  return size;
}

async function readPixels(reader: ByteReader, size: Size): Promise<Buffer> {
  const rgb = Buffer.alloc(size.width * size.height * 3);
  let missing = size.width * size.height;
  while (missing > 0) {
    const [type] = await reader.read(1);
    if (type === server.update) missing -= await readUpdate(reader, size, rgb);
    else await skipMessage(reader, type);
  }
  return rgb;
}

/** @returns how many pixels it had */
async function readUpdate(reader: ByteReader, size: Size, rgb: Buffer): Promise<number> {
  const count = (await reader.read(3)).readUInt16BE(1);
  let pixels = 0;
  for (let index = 0; index < count; index += 1) {
    const head = await reader.read(12);
    const [x, y] = [head.readUInt16BE(0), head.readUInt16BE(2)];
    const [width, height] = [head.readUInt16BE(4), head.readUInt16BE(6)];
    const isInside = x + width <= size.width && y + height <= size.height;
    if (head.readInt32BE(8) !== 0 || !isInside) throw new Error('it sent what was not asked for');
    for (let row = 0; row < height; row += 1) {
      copyRow(await reader.read(width * 4), rgb, ((y + row) * size.width + x) * 3);
    }
    pixels += width * height;
  }
  return pixels;
}

function copyRow(bgrx: Buffer, rgb: Buffer, at: number): void {
  for (let from = 0, to = at; from < bgrx.length; from += 4, to += 3) {
    rgb[to] = bgrx[from + 2] ?? 0;
    rgb[to + 1] = bgrx[from + 1] ?? 0;
    rgb[to + 2] = bgrx[from] ?? 0;
  }
}

async function skipMessage(reader: ByteReader, type: number | undefined): Promise<void> {
  if (type === server.bell) return;
  if (type === server.cutText)
    return await skipText(reader, (await reader.read(7)).readUInt32BE(3));
  if (type !== server.colourMap) throw new Error(`it sent a message of type ${type}`);
  await reader.read((await reader.read(5)).readUInt16BE(3) * 6);
}

async function skipText(reader: ByteReader, length: number): Promise<void> {
  if (length > textLimit) throw new Error('it sent too long a text');
  await reader.read(length);
}
