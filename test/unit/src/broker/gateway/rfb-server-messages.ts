/** What RFB servers say, for those who test the ones that listen. */
export function u16(...values: number[]): Buffer {
  return Buffer.concat(values.map((value) => Buffer.from([value >> 8, value & 255])));
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/** Payload that would be taken for something else by who takes a byte too many or too few. */
export function filler(length: number): Buffer {
  return Buffer.alloc(length, 0xa5);
}

export type Size = readonly [width: number, height: number];

export function rectangle(encoding: number, [width, height]: Size, ...body: Buffer[]): Buffer {
  return Buffer.concat([u16(0, 0, width, height), u32(encoding), ...body]);
}

export function update(...rectangles: Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([0, 0]), u16(rectangles.length), ...rectangles]);
}

const size: Size = [20, 18];

/** Rectangles of 20 x 18 pixels of four bytes, which are three in Tight. */
export const rectangles: Readonly<Record<string, Buffer>> = {
  Raw: rectangle(0, size, filler(20 * 18 * 4)),
  'Raw of nothing': rectangle(0, [0, 0]),
  CopyRect: rectangle(1, size, filler(4)),
  RRE: rectangle(2, size, u32(2), filler(4 + 2 * 12)),
  Hextile: rectangle(
    5,
    size,
    // Four tiles of 16 x 16, 4 x 16, 16 x 2 and 4 x 2.
    Buffer.concat([Buffer.from([1]), filler(16 * 16 * 4)]),
    Buffer.concat([Buffer.from([2 + 4 + 8]), filler(8), Buffer.from([3]), filler(3 * 2)]),
    Buffer.concat([Buffer.from([8 + 16]), Buffer.from([2]), filler(2 * 6)]),
    Buffer.from([0]),
  ),
  Zlib: rectangle(6, size, u32(7), filler(7)),
  ZRLE: rectangle(16, size, u32(300), filler(300)),
  'Tight fill': rectangle(7, size, Buffer.from([0x80]), filler(3)),
  'Tight JPEG': rectangle(7, size, Buffer.from([0x90, 5]), filler(5)),
  'Tight with a length of two bytes': rectangle(7, size, Buffer.from([0x00, 0x81, 1]), filler(129)),
  'Tight with a length of three bytes': rectangle(
    7,
    size,
    Buffer.from([0x10, 0x81, 0x80, 1]),
    filler(16_385),
  ),
  'Tight too short to compress': rectangle(7, [3, 1], Buffer.from([0x00]), filler(9)),
  'Tight palette of two': rectangle(
    7,
    size,
    Buffer.from([0x50, 1, 1]),
    filler(6),
    Buffer.from([9]),
    filler(9),
  ),
  'Tight palette of two, too short to compress': rectangle(
    7,
    [9, 2],
    Buffer.from([0x50, 1, 1]),
    filler(6),
    filler(4),
  ),
  'Tight palette of three, too short to compress': rectangle(
    7,
    [5, 2],
    Buffer.from([0x60, 1, 2]),
    filler(9),
    filler(10),
  ),
  'Tight gradient': rectangle(7, size, Buffer.from([0x40, 2, 6]), filler(6)),
  'Tight PNG': rectangle(-260, size, Buffer.from([0xa0, 6]), filler(6)),
  'Tight PNG fill': rectangle(-260, size, Buffer.from([0x80]), filler(3)),
  DesktopSize: rectangle(-223, size),
  Cursor: rectangle(-239, [9, 2], filler(9 * 2 * 4 + 2 * 2)),
  'pointer motion change': rectangle(-257, [0, 0]),
  'extended key event': rectangle(-258, [0, 0]),
  audio: rectangle(-259, [0, 0]),
  'LED state': rectangle(-261, [0, 0], filler(1)),
  DesktopName: rectangle(-307, [0, 0], u32(3), filler(3)),
  ExtendedDesktopSize: rectangle(-308, size, Buffer.from([2, 0, 0, 0]), filler(32)),
  ExtendedMouseButtons: rectangle(-316, [0, 0]),
  'VMware cursor of masks': rectangle(0x574d5664, [2, 2], Buffer.from([0, 0]), filler(32)),
  'VMware cursor with alpha': rectangle(0x574d5664, [2, 2], Buffer.from([1, 0]), filler(16)),
};

/** Messages that are no updates. */
export const others: Readonly<Record<string, Buffer>> = {
  SetColourMapEntries: Buffer.concat([Buffer.from([1, 0]), u16(0, 2), filler(12)]),
  Bell: Buffer.from([2]),
  ServerCutText: Buffer.concat([Buffer.from([3, 0, 0, 0]), u32(4), filler(4)]),
  'extended clipboard': Buffer.concat([Buffer.from([3, 0, 0, 0]), u32(-8), filler(8)]),
  xvp: Buffer.from([250, 0, 1, 1]),
  'audio begins': Buffer.concat([Buffer.from([255, 1]), u16(1)]),
  'audio data': Buffer.concat([Buffer.from([255, 1]), u16(2), u32(5), filler(5)]),
};

export const flows: Readonly<Record<string, Buffer>> = {
  EndOfContinuousUpdates: Buffer.from([150]),
  ServerFence: Buffer.concat([Buffer.from([248, 0, 0, 0]), u32(1), Buffer.from([2]), filler(2)]),
};
