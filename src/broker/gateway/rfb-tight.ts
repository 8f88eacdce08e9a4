import { readByte, UnknownSyntaxError, type Walk } from './rfb-walk.ts';

/** Upper half of the first byte of a rectangle (rfbproto, "Tight Encoding" and "Tight PNG"). */
const compression = { explicitFilter: 4, fill: 8, jpeg: 9, png: 10 } as const;
const filters = { copy: 0, palette: 1, gradient: 2 } as const;

/** What is shorter than this is not compressed, and says no length. */
const leastCompressed = 12;

type Size = { width: number; height: number };

/** Passes over a rectangle in Tight or Tight PNG. @throws UnknownSyntaxError */
export function* tight(size: Size, pixelBytes: number): Walk {
  const control = (yield* readByte()) >> 4;
  if (control < compression.fill) {
    const hasFilter = (control & compression.explicitFilter) !== 0;
    yield* basic(size, pixelBytes, hasFilter ? yield* readByte() : filters.copy);
  } else if (control === compression.fill) {
    yield { skip: pixelBytes };
  } else if (control === compression.jpeg || control === compression.png) {
    yield { skip: yield* compactLength() };
  } else {
    throw new UnknownSyntaxError(`Tight compression ${control}`);
  }
}

function* basic({ width, height }: Size, pixelBytes: number, filter: number): Walk {
  if (filter === filters.palette) {
    const colours = (yield* readByte()) + 1;
    yield { skip: colours * pixelBytes };
    const rowBytes = colours === 2 ? Math.ceil(width / 8) : width;
    yield* compressed(rowBytes * height);
  } else if (filter === filters.copy || filter === filters.gradient) {
    yield* compressed(width * height * pixelBytes);
  } else {
    throw new UnknownSyntaxError(`Tight filter ${filter}`);
  }
}

function* compressed(plainBytes: number): Walk {
  yield { skip: plainBytes < leastCompressed ? plainBytes : yield* compactLength() };
}

/** One to three bytes, the lowest bits first; all but the third say whether another one follows. */
function* compactLength(): Walk<number> {
  const low = yield* readByte();
  if (low < 128) return low;
  const middle = yield* readByte();
  const length = (low & 127) | ((middle & 127) << 7);
  return middle < 128 ? length : length | ((yield* readByte()) << 14);
}
