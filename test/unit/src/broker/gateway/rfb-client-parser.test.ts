import { describe, expect, it } from 'vitest';
import { createRfbClientParser } from '../../../../../src/broker/gateway/rfb-client-parser.ts';
import { RfbSyntaxError } from '../../../../../src/broker/gateway/rfb-syntax-error.ts';

const letting = {
  withholdsFlow: () => false,
  hasExtendedMouse: () => false,
  reach: 'all',
} as const;
const withholding = { ...letting, withholdsFlow: () => true };
const manyButtons = { ...letting, hasExtendedMouse: () => true };

const handshake = Buffer.concat([Buffer.from('RFB 003.008\n'), Buffer.from([1, 1])]);

function cutText(length: number, payload: number): Buffer {
  const header = Buffer.alloc(8);
  header[0] = 6;
  header.writeInt32BE(length, 4);
  return Buffer.concat([header, Buffer.alloc(payload, 0xff)]);
}

/** One of each message, with payloads that would be garbage if taken for message types. */
const messages = {
  SetPixelFormat: { bytes: Buffer.from([0, ...Array(19).fill(0xaa)]), activity: 'none' },
  SetEncodings: {
    bytes: Buffer.from([2, 0, 0, 3, ...Array(12).fill(0xaa)]),
    activity: 'none',
  },
  'SetEncodings with none': { bytes: Buffer.from([2, 0, 0, 0]), activity: 'none' },
  FramebufferUpdateRequest: { bytes: Buffer.from([3, ...Array(9).fill(0xaa)]), activity: 'none' },
  KeyEvent: { bytes: Buffer.from([4, 1, 0, 0, 0, 0, 0, 0x61]), activity: 'input' },
  PointerEvent: { bytes: Buffer.from([5, 1, 0xaa, 0xaa, 0xaa, 0xaa]), activity: 'input' },
  ClientCutText: { bytes: cutText(5, 5), activity: 'input' },
  'ClientCutText with none': { bytes: cutText(0, 0), activity: 'input' },
  'extended clipboard': { bytes: cutText(-9, 9), activity: 'input' },
  EnableContinuousUpdates: { bytes: Buffer.from([150, ...Array(9).fill(0xaa)]), activity: 'none' },
  ClientFence: {
    bytes: Buffer.from([248, 0, 0, 0, 0, 0, 0, 0, 3, 0xaa, 0xaa, 0xaa]),
    activity: 'none',
  },
  xvp: { bytes: Buffer.from([250, 0, 1, 2]), activity: 'none' },
  SetDesktopSize: {
    bytes: Buffer.from([251, 0, 4, 0, 3, 0, 1, 0, ...Array(16).fill(0xaa)]),
    activity: 'none',
  },
  'QEMU extended key event': {
    bytes: Buffer.from([255, 0, 0, 1, 0, 0, 0, 0x61, 0, 0, 0, 30]),
    activity: 'input',
  },
} as const;

const garbage: Record<string, Buffer> = {
  'another protocol': Buffer.from('GET / HTTP/1.1\r\n'),
  'another version': Buffer.from('RFB 003.003\n'),
  'a security type that was not offered': Buffer.from('RFB 003.008\n\x02'),
  'an unknown message type': Buffer.concat([handshake, Buffer.from([7])]),
  'a server message': Buffer.concat([handshake, Buffer.from([1])]),
  'a fence above 64 bytes': Buffer.concat([handshake, Buffer.from([248, 0, 0, 0, 0, 0, 0, 0, 65])]),
  'an audio message': Buffer.concat([handshake, Buffer.from([255, 1])]),
  'a clipboard above 16 MiB': Buffer.concat([handshake, cutText(16 * 1024 * 1024 + 1, 0)]),
  'an extended clipboard above 16 MiB': Buffer.concat([handshake, cutText(-(2 ** 31), 0)]),
};

describe('what clients send', () => {
  it.each(Object.entries(messages))('%s passes, whole', (_, { bytes, activity }) => {
    const parser = createRfbClientParser(letting);
    expect(parser.push(handshake).activity).toBe('none');
    expect(parser.push(bytes).activity).toBe(activity);
    // Had it taken a byte too many or too few, this would not be a message of its own.
    expect(parser.push(messages.SetPixelFormat.bytes).activity).toBe('none');
  });

  it('passes one byte at a time, all of it in a row', () => {
    const parser = createRfbClientParser(letting);
    const all = Buffer.concat([handshake, ...Object.values(messages).map(({ bytes }) => bytes)]);
    let inputs = 0;
    for (const byte of all) if (parser.push(Uint8Array.of(byte)).activity === 'input') inputs += 1;
    const expected = Object.values(messages).filter(({ activity }) => activity === 'input');
    expect(inputs).toBe(expected.length);
  });

  it('passes however it is split', () => {
    const all = Buffer.concat([handshake, ...Object.values(messages).map(({ bytes }) => bytes)]);
    for (let at = 0; at <= all.length; at += 1) {
      const parser = createRfbClientParser(letting);
      parser.push(all.subarray(0, at));
      parser.push(all.subarray(at));
      expect(parser.push(messages.KeyEvent.bytes).activity).toBe('input');
    }
  });
});

describe('a pointer event', () => {
  const marked = Buffer.from([5, 0x81, 0, 1, 0, 2]);
  const unmarked = Buffer.from([5, 0x7f, 0, 1, 0, 2]);
  const key = messages.KeyEvent.bytes;

  it('with the mark of more buttons is a byte longer where the guest understands it', () => {
    const parser = createRfbClientParser(manyButtons);
    parser.push(Buffer.concat([handshake, unmarked]));
    expect(parser.isBetween).toBe(true);
    parser.push(marked);
    expect(parser.isBetween).toBe(false);
    // As a type of message, the byte of the other buttons would be refused.
    expect(parser.push(Buffer.from([1])).passed).toEqual([Buffer.from([1])]);
    expect(parser.isBetween).toBe(true);
    const bytes = Buffer.concat([marked, Buffer.from([2]), key]);
    expect([...bytes].flatMap((byte) => parser.push(Uint8Array.of(byte)).passed)).toHaveLength(15);
    expect(parser.isBetween).toBe(true);
  });

  it('is never longer elsewhere', () => {
    const parser = createRfbClientParser(letting);
    parser.push(Buffer.concat([handshake, marked]));
    expect(parser.isBetween).toBe(true);
    expect(() => parser.push(Buffer.from([1]))).toThrow(RfbSyntaxError);
  });
});

describe('what is for the gateway', () => {
  const all = Buffer.concat([handshake, ...Object.values(messages).map(({ bytes }) => bytes)]);
  const { EnableContinuousUpdates, ClientFence, ...others } = messages;
  const forGuest = Buffer.concat([handshake, ...Object.values(others).map(({ bytes }) => bytes)]);

  it('does not reach the guest, however it is split', () => {
    for (let at = 0; at <= all.length; at += 1) {
      const parser = createRfbClientParser(withholding);
      const parts = [all.subarray(0, at), all.subarray(at)].map((part) => parser.push(part));
      expect(Buffer.concat(parts.flatMap(({ passed }) => passed))).toEqual(forGuest);
    }
  });

  it('reaches a guest that understands it', () => {
    const { passed } = createRfbClientParser(letting).push(all);
    expect(Buffer.concat(passed)).toEqual(all);
  });

  it('is noted, whole or in bytes', () => {
    const sent = Buffer.concat([
      handshake,
      Buffer.from([0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]),
      Buffer.from([2, 0, 0, 2, 0, 0, 0, 7, 0xff, 0xff, 0xfe, 0xc8]),
      Buffer.from([3, 1, 0, 0, 0, 0, 0, 2, 0, 1]),
      Buffer.from([150, 1, 0, 1, 0, 2, 0, 3, 0, 4]),
      Buffer.from([248, 0, 0, 0, 0x80, 0, 0, 1, 2, 8, 9]),
    ]);
    const expected = [
      { kind: 'pixel-format', format: { pixelBytes: 4, tightPixelBytes: 3 } },
      { kind: 'encodings', encodings: new Set([7, -312]) },
      { kind: 'update-request' },
      {
        kind: 'continuous-updates',
        enabled: true,
        area: Uint8Array.of(0, 1, 0, 2, 0, 3, 0, 4),
      },
      { kind: 'fence', flags: 0x8000_0001, payload: Uint8Array.of(8, 9) },
    ];
    expect(createRfbClientParser(withholding).push(sent).notes).toEqual(expected);
    const parser = createRfbClientParser(withholding);
    expect([...sent].flatMap((byte) => parser.push(Uint8Array.of(byte)).notes)).toEqual(expected);
  });

  it('is between messages only where one has ended', () => {
    const parser = createRfbClientParser(withholding);
    parser.push(handshake);
    expect(parser.isBetween).toBe(true);
    parser.push(cutText(5, 2));
    expect(parser.isBetween).toBe(false);
    parser.push(Buffer.alloc(3));
    expect(parser.isBetween).toBe(true);
  });

  it('does not hold a list of encodings without end', () => {
    const many = Buffer.concat([Buffer.from([2, 0, 255, 255]), Buffer.alloc(4 * 65_535)]);
    const parser = createRfbClientParser(withholding);
    parser.push(handshake);
    expect(parser.push(many)).toMatchObject({ notes: [], passed: [many] });
  });
});

describe('what clients do not send', () => {
  it.each(Object.entries(garbage))('%s is refused, whole or in bytes', (_, bytes) => {
    expect(() => createRfbClientParser(letting).push(bytes)).toThrow(RfbSyntaxError);
    const parser = createRfbClientParser(letting);
    expect(() => {
      for (const byte of bytes) parser.push(Uint8Array.of(byte));
    }).toThrow(RfbSyntaxError);
  });

  it('is never met by anything but a refusal, whatever it is', () => {
    const random = randomNumbers(20260101);
    const types = [0, 2, 3, 4, 5, 6, 150, 248, 250, 251, 255];
    for (let round = 0; round < 2_000; round += 1) {
      const parser = createRfbClientParser(letting);
      parser.push(handshake);
      const bytes = Buffer.from(Array.from({ length: 64 }, () => random(256)));
      bytes[0] = types[random(types.length)] ?? 0;
      try {
        parser.push(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(RfbSyntaxError);
      }
    }
  });
});

/** Numbers below a limit, the same in every run (Lehmer's generator). */
function randomNumbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % limit;
  };
}

describe('a helper', () => {
  const always = ['SetPixelFormat', 'SetEncodings', 'FramebufferUpdateRequest', 'ClientFence'];
  const control = ['KeyEvent', 'PointerEvent', 'QEMU extended key event'];
  const cases = Object.entries(messages).flatMap(([name, { bytes }]) =>
    (['view', 'control'] as const).map((reach) => {
      const passes =
        always.some((each) => name.startsWith(each)) ||
        name === 'EnableContinuousUpdates' ||
        (reach === 'control' && control.includes(name));
      return { name, reach, bytes, passes };
    }),
  );

  it.each(cases)('with $reach, $name passes: $passes', ({ reach, bytes, passes }) => {
    const parser = createRfbClientParser({ ...letting, reach });
    parser.push(handshake);
    const after = Buffer.from(messages.FramebufferUpdateRequest.bytes);
    // Split anywhere: what is withheld stays so.
    const all = Buffer.concat([bytes, after]);
    for (let at = 1; at < all.length; at += 1) {
      const passed = [all.subarray(0, at), all.subarray(at)].flatMap((part) => [
        ...parser.push(part).passed,
      ]);
      expect(Buffer.concat(passed)).toEqual(passes ? all : after);
    }
  });
});
