import type { ByteQueue } from './byte-queue.ts';

export type Rectangle = { x: number; y: number; width: number; height: number };

/** Numbers of RFC 6143 section 7.7, of Tight and of the pseudo-encodings (rfbproto). */
export const encodings = {
  raw: 0,
  copyRect: 1,
  tight: 7,
  quality0: -32,
  desktopSize: -223,
  lastRect: -224,
  compression0: -256,
} as const;

const rawPixelBytes = 4;
/** In Tight, where pixels have 8 bits of each colour. */
const pixelBytes = 3;
/** Shorter data is not compressed, and has no length of its own. */
const shortestCompressed = 12;

/**
 * Takes the pixels of a rectangle from the queue without decoding them: what matters is when they
 * are there. Gives the colour where all of it has one, by how it is encoded, and null otherwise.
 */
export async function takePixels(
  queue: ByteQueue,
  rectangle: Rectangle,
  encoding: number,
): Promise<string | null> {
  const area = rectangle.width * rectangle.height;
  switch (encoding) {
    case encodings.raw:
      await queue.take(area * rawPixelBytes);
      return null;
    case encodings.copyRect:
      await queue.take(4);
      return null;
    case encodings.tight:
      return takeTight(queue, rectangle);
    default:
      throw new Error(`a rectangle in encoding ${encoding}`);
  }
}

async function takeTight(queue: ByteQueue, rectangle: Rectangle): Promise<string | null> {
  const [control = 0] = await queue.take(1);
  const kind = control >> 4;
  if (kind === 8) return (await queue.take(pixelBytes)).toString('hex');
  if (kind > 9) throw new Error(`a Tight rectangle of kind ${kind}`);
  if (kind === 9) await queue.take(await takeLength(queue));
  else await takeBasic(queue, rectangle, (kind & 4) !== 0);
  return null;
}

/** Compressed pixels, or indexes into a palette. */
async function takeBasic(
  queue: ByteQueue,
  { width, height }: Rectangle,
  hasFilter: boolean,
): Promise<void> {
  let bytes = width * height * pixelBytes;
  const [filter] = hasFilter ? await queue.take(1) : [];
  if (filter === 1) {
    const [last = 0] = await queue.take(1);
    await queue.take((last + 1) * pixelBytes);
    bytes = last === 1 ? Math.ceil(width / 8) * height : width * height;
  }
  await queue.take(bytes < shortestCompressed ? bytes : await takeLength(queue));
}

/** One to three bytes, seven bits each, the lowest first. */
async function takeLength(queue: ByteQueue): Promise<number> {
  let length = 0;
  for (const shift of [0, 7, 14]) {
    const [byte = 0] = await queue.take(1);
    length |= (shift === 14 ? byte : byte & 0x7f) << shift;
    if (shift === 14 || byte < 0x80) break;
  }
  return length;
}
