import { describe, expect, it } from 'vitest';
import {
  type Boundary,
  createRfbServerParser,
} from '../../../../../src/broker/gateway/rfb-server-parser.ts';
import { frame, handshake, serverInit } from '../../../../fakes/fake-rfb-server.ts';
import { filler, flows, others, rectangle, rectangles, update } from './rfb-server-messages.ts';

const every: readonly [string, Buffer, Boundary['kind']][] = [
  ...Object.entries(rectangles).map(
    ([name, bytes]) => [`an update in ${name}`, update(bytes), 'update'] as const,
  ),
  ['an update of nothing', update(), 'update'] as const,
  ['an update of everything', update(...Object.values(rectangles)), 'update'] as const,
  ['an update of unknown length', unknownLength(), 'update'] as const,
  ...Object.entries(others).map(([name, bytes]) => [name, bytes, 'other'] as const),
  ...Object.entries(flows).map(([name, bytes]) => [name, bytes, 'flow'] as const),
].map(([name, bytes, kind]) => [name, bytes, kind]);

/** One that LastRect ends before its number of rectangles is reached. */
function unknownLength(): Buffer {
  const bytes = update(rectangle(1, [2, 2], filler(4)), rectangle(-224, [0, 0]));
  bytes.writeUInt16BE(0xffff, 2);
  return bytes;
}

function afterHandshake() {
  const parser = createRfbServerParser();
  parser.push(handshake);
  return parser;
}

describe('what a server understands', () => {
  it('is what it says by rectangles without pixels', () => {
    const parser = afterHandshake();
    parser.push(update(rectangle(0, [1, 1], filler(4))));
    expect(parser.accepted).toEqual(new Set());
    parser.push(update(rectangle(-258, [0, 0]), rectangle(-316, [0, 0])));
    expect(parser.accepted).toEqual(new Set([-258, -316]));
  });
});

describe('where messages of a server end', () => {
  it.each(every)('%s: whole, in bytes, and with the next one behind it', (_, bytes, kind) => {
    const ends = [
      { kind, at: bytes.length },
      { kind: 'other', at: bytes.length + 1 },
    ];
    expect(afterHandshake().push(Buffer.concat([bytes, Buffer.from([2])]))).toEqual(ends);
    const parser = afterHandshake();
    const found = [...bytes, 2].flatMap((byte, index) =>
      parser.push(Uint8Array.of(byte)).map(({ kind }) => ({ kind, at: index + 1 })),
    );
    expect(found).toEqual(ends);
    expect(parser).toMatchObject({ isBetween: true, lost: null });
  });

  it.each(every)('%s: split at each of its bytes', (_, bytes, kind) => {
    const step = Math.ceil(bytes.length / 500);
    for (let at = 1; at < bytes.length; at += step) {
      const parser = afterHandshake();
      expect(parser.push(bytes.subarray(0, at))).toEqual([]);
      expect(parser.isBetween).toBe(false);
      expect(parser.push(bytes.subarray(at))).toEqual([{ kind, at: bytes.length - at }]);
    }
  });

  it('depends on the pixel format of the server, and on the one that the client wants', () => {
    const parser = afterHandshake();
    const raw = (pixelBytes: number) => update(rectangle(0, [3, 3], filler(9 * pixelBytes)));
    expect(parser.push(raw(4))).toHaveLength(1);
    parser.takeFormat({ pixelBytes: 2, tightPixelBytes: 2 });
    expect(parser.push(raw(2))).toHaveLength(1);
  });

  it('is lost at an encoding that nothing is known of, but not what came before', () => {
    const parser = afterHandshake();
    const unknown = update(rectangle(50, [2, 2], filler(9)));
    expect(parser.push(Buffer.concat([frame, unknown]))).toEqual([
      { kind: 'update', at: frame.length },
    ]);
    expect(parser).toMatchObject({ lost: 'encoding 50', isBetween: false });
    expect(parser.push(frame)).toEqual([]);
  });

  it.each([
    ['message type 7', Buffer.from([7])],
    ['QEMU message 2', Buffer.from([255, 2, 0, 0])],
    ['Tight compression 11', update(rectangle(7, [2, 2], Buffer.from([0xb0])))],
    ['Tight filter 3', update(rectangle(7, [2, 2], Buffer.from([0x40, 3])))],
    ['cursor of type 2', update(rectangle(0x574d5664, [2, 2], Buffer.from([2, 0])))],
  ])('is lost at %s', (lost, bytes) => {
    const parser = afterHandshake();
    parser.push(bytes);
    expect(parser.lost).toBe(lost);
  });
});

describe('the first frame', () => {
  it('is not seen in the handshake, and in the first byte behind it', () => {
    const parser = afterHandshake();
    expect(parser.hasDrawn).toBe(false);
    parser.push(frame.subarray(0, 1));
    expect(parser.hasDrawn).toBe(true);
  });

  it('is found when everything comes at once, or one byte at a time', () => {
    const all = Buffer.concat([handshake, frame]);
    const whole = createRfbServerParser();
    whole.push(all);
    expect(whole.hasDrawn).toBe(true);
    const parser = createRfbServerParser();
    const found = [...all].findIndex((byte) => {
      parser.push(Uint8Array.of(byte));
      return parser.hasDrawn;
    });
    expect(found).toBe(handshake.length);
  });

  it('is found behind a long list of security types, and behind an empty and a long name', () => {
    const opening = Buffer.concat([
      Buffer.from('RFB 003.008\n'),
      Buffer.from([200, ...Array(200).fill(1)]),
      Buffer.alloc(4),
    ]);
    for (const name of ['', 'n'.repeat(1_000)]) {
      const parser = createRfbServerParser();
      parser.push(Buffer.concat([opening, serverInit(name)]));
      expect(parser).toMatchObject({ hasDrawn: false, isBetween: true });
      parser.push(frame);
      expect(parser.hasDrawn).toBe(true);
    }
  });
});
