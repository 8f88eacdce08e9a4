import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readScreen } from '../../../../../src/desktops/os-level/rfb-screen.ts';
import { frame, handshake, serverInit } from '../../../../fakes/fake-rfb-server.ts';

/** A server that says this, in pieces of so many bytes, and ends. `heard` is what it was told. */
function server(words: Buffer, pieceLength = words.length) {
  const heard: Buffer[] = [];
  let at = 0;
  const stream = new Duplex({
    read() {
      const piece = words.subarray(at, at + pieceLength);
      at += pieceLength;
      this.push(piece.length === 0 ? null : piece);
    },
    write(chunk: Buffer, _, done) {
      heard.push(chunk);
      done();
    },
  });
  return { stream, heard: () => Buffer.concat(heard) };
}

const bell = Buffer.from([2]);
const cutText = Buffer.from([3, 0, 0, 0, 0, 0, 0, 2, 104, 105]);
const colourMap = Buffer.from([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);

describe('taking a screen by RFB', () => {
  it.each([1, 7, 1000])('reads it out of pieces of %i bytes', async (pieceLength) => {
    const { stream } = server(Buffer.concat([handshake, frame]), pieceLength);
    const { width, height, rgb } = await readScreen(stream);
    expect([width, height]).toEqual([2, 1]);
    expect([...rgb]).toEqual([0, 0, 255, 0, 255, 0]);
  });

  it('asks for the whole of it, uncompressed, and sends nobody away', async () => {
    const { stream, heard } = server(Buffer.concat([handshake, frame]));
    await readScreen(stream);
    const said = heard();
    expect(said.subarray(0, 14)).toEqual(Buffer.from('RFB 003.008\n\x01\x01', 'latin1'));
    expect([...said.subarray(-10)]).toEqual([3, 0, 0, 0, 0, 0, 0, 2, 0, 1]);
    expect([...said.subarray(-18, -10)]).toEqual([2, 0, 0, 1, 0, 0, 0, 0]);
  });

  it('passes over what else a server says', async () => {
    const words = Buffer.concat([handshake, bell, cutText, colourMap, frame]);
    expect((await readScreen(server(words).stream)).rgb).toHaveLength(6);
  });

  const beyond = Buffer.from(frame);
  beyond.writeUInt16BE(1, 6); // two pixels wide, from the second on
  const huge = serverInit();
  huge.writeUInt16BE(60_000, 0);
  const before = handshake.subarray(0, handshake.length - huge.length);
  it.each([
    ['an older protocol', Buffer.from('RFB 003.003\n'), 'speaks RFB 003.003'],
    ['only passwords', Buffer.concat([handshake.subarray(0, 12), Buffer.from([1, 2])]), 'password'],
    ['the end', handshake, 'ended in the middle'],
    ['a rectangle beyond its screen', Buffer.concat([handshake, beyond]), 'not asked for'],
    ['a screen of gigabytes', Buffer.concat([before, huge]), 'too large'],
    ['a message of no known type', Buffer.concat([handshake, Buffer.from([99])]), 'type 99'],
    [
      'an endless text',
      Buffer.concat([handshake, Buffer.from([3, 0, 0, 0, 255, 0, 0, 0])]),
      'long',
    ],
  ])('refuses %s', async (_, words, message) => {
    await expect(readScreen(server(words).stream)).rejects.toThrow(message);
  });
});
