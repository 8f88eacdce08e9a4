import { promisify } from 'node:util';
import { crc32, deflate } from 'node:zlib';

/** A screen: red, green and blue of each pixel, a byte each, row by row. */
export type Picture = { width: number; height: number; rgb: Buffer };

/** Binary PPM (netpbm, P6). */
export function ppmOf({ width, height, rgb }: Picture): Buffer {
  return Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`), rgb]);
}

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const deflated = promisify(deflate);

/** PNG of eight bits for each colour, without filters (W3C, Portable Network Graphics). */
export async function pngOf({ width, height, rgb }: Picture): Promise<Buffer> {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8); // bits, true colour, deflate, adaptive filters, not interlaced
  const pixels = await deflated(withFilterBytes({ width, height, rgb }));
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Each row begins with the number of its filter: 0 is none. */
function withFilterBytes({ width, height, rgb }: Picture): Buffer {
  const rowLength = width * 3;
  const rows = Buffer.alloc(height * (rowLength + 1));
  for (let row = 0; row < height; row += 1) {
    rgb.copy(rows, row * (rowLength + 1) + 1, row * rowLength, (row + 1) * rowLength);
  }
  return rows;
}

function chunk(type: string, content: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const checked = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(checked));
  return Buffer.concat([length, checked, sum]);
}
