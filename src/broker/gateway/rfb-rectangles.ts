import type { PixelFormat } from './rfb-pixel-format.ts';
import { tight } from './rfb-tight.ts';
import { readByte, skipCounted, UnknownSyntaxError, type Walk } from './rfb-walk.ts';

/** Ends an update before its number of rectangles is reached (rfbproto, "LastRect"). */
export const lastRectangle = -224;

/**
 * What a server says that it understands, by a rectangle without pixels: key events with scan codes
 * (QEMU's), pointer events with more than eight buttons (rfbproto, "ExtendedMouseButtons").
 */
export const extensions = { extendedKeys: -258, extendedMouseButtons: -316 } as const;

export type Rectangle = { width: number; height: number };

/** How a rectangle is passed over whose header has been read. */
type Body = (rectangle: Rectangle, format: PixelFormat) => Walk;

/** The edge of a Hextile tile, in pixels, and what its first byte says of it. */
const tileEdge = 16;
const tile = { raw: 1, background: 2, foreground: 4, subrectangles: 8, coloured: 16 } as const;

/** By encoding: RFC 6143 section 7.7, the registry of rfbproto, and QEMU's own. */
const bodies: Readonly<Record<number, Body>> = {
  0: raw,
  1: () => skip(4), // CopyRect
  2: rre,
  5: hextile,
  6: skipCounted, // Zlib
  7: (rectangle, { tightPixelBytes }) => tight(rectangle, tightPixelBytes),
  16: skipCounted, // ZRLE
  [-260]: (rectangle, { tightPixelBytes }) => tight(rectangle, tightPixelBytes), // Tight PNG
  [-223]: nothing, // DesktopSize
  [-239]: cursor,
  [-257]: nothing, // QEMU pointer motion change
  [extensions.extendedKeys]: nothing,
  [-259]: nothing, // QEMU audio
  [-261]: () => skip(1), // QEMU LED state
  [-307]: skipCounted, // DesktopName
  [-308]: extendedDesktopSize,
  [extensions.extendedMouseButtons]: nothing,
  1464686180: vmwareCursor,
};

/** @throws UnknownSyntaxError for an encoding whose length nothing here knows */
export function* skipRectangle(encoding: number, at: Rectangle, format: PixelFormat): Walk {
  const body = bodies[encoding];
  if (body === undefined) throw new UnknownSyntaxError(`encoding ${encoding}`);
  yield* body(at, format);
}

function* nothing(): Walk {
  // The header says it all.
}

function* skip(bytes: number): Walk {
  yield { skip: bytes };
}

function* raw({ width, height }: Rectangle, { pixelBytes }: PixelFormat): Walk {
  yield { skip: width * height * pixelBytes };
}

function* rre(_: Rectangle, { pixelBytes }: PixelFormat): Walk {
  const count = (yield { read: 4 }).getUint32(0);
  yield { skip: pixelBytes + count * (pixelBytes + 8) };
}

function* hextile({ width, height }: Rectangle, format: PixelFormat): Walk {
  for (let y = 0; y < height; y += tileEdge) {
    for (let x = 0; x < width; x += tileEdge) {
      const size = { width: Math.min(tileEdge, width - x), height: Math.min(tileEdge, height - y) };
      yield* hextileTile(size, format);
    }
  }
}

function* hextileTile(size: Rectangle, format: PixelFormat): Walk {
  const kind = yield* readByte();
  if ((kind & tile.raw) !== 0) {
    yield* raw(size, format);
    return;
  }
  const { pixelBytes } = format;
  if ((kind & tile.background) !== 0) yield { skip: pixelBytes };
  if ((kind & tile.foreground) !== 0) yield { skip: pixelBytes };
  if ((kind & tile.subrectangles) === 0) return;
  const count = yield* readByte();
  yield { skip: count * ((kind & tile.coloured) === 0 ? 2 : pixelBytes + 2) };
}

function* cursor({ width, height }: Rectangle, { pixelBytes }: PixelFormat): Walk {
  yield { skip: width * height * pixelBytes + Math.ceil(width / 8) * height };
}

function* vmwareCursor({ width, height }: Rectangle, { pixelBytes }: PixelFormat): Walk {
  const type = (yield { read: 2 }).getUint8(0);
  if (type > 1) throw new UnknownSyntaxError(`cursor of type ${type}`);
  // Two masks in the pixel format, or one picture of four bytes a pixel.
  yield { skip: width * height * (type === 0 ? 2 * pixelBytes : 4) };
}

function* extendedDesktopSize(): Walk {
  const screens = (yield { read: 4 }).getUint8(0);
  yield { skip: 16 * screens };
}
