import { describe, expect, it } from 'vitest';
import { createFirstFrame } from '../../../../../src/broker/gateway/first-frame.ts';
import { frame, handshake, serverInit } from '../../../../fakes/fake-rfb-server.ts';

describe('the first frame', () => {
  it('is not seen in the handshake, and in the first byte behind it', () => {
    const finder = createFirstFrame();
    expect(finder.push(handshake)).toBe(false);
    expect(finder.push(frame.subarray(0, 1))).toBe(true);
  });

  it('is found when everything comes at once', () => {
    expect(createFirstFrame().push(Buffer.concat([handshake, frame]))).toBe(true);
  });

  it('is found when bytes come one at a time', () => {
    const finder = createFirstFrame();
    const all = Buffer.concat([handshake, frame]);
    const found = [...all].findIndex((byte) => finder.push(Uint8Array.of(byte)));
    expect(found).toBe(handshake.length);
  });

  it('is found behind a long list of security types, and behind an empty and a long name', () => {
    const opening = Buffer.concat([
      Buffer.from('RFB 003.008\n'),
      Buffer.from([200, ...Array(200).fill(1)]),
      Buffer.alloc(4),
    ]);
    for (const name of ['', 'n'.repeat(1_000)]) {
      const finder = createFirstFrame();
      expect(finder.push(opening)).toBe(false);
      expect(finder.push(serverInit(name))).toBe(false);
      expect(finder.push(frame)).toBe(true);
    }
  });
});
