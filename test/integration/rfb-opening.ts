import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { ByteReader } from '../../src/desktops/os-level/byte-reader.ts';

export type OpenedRfb = { socket: Socket; reader: ByteReader; greeting: string };

/** Goes through the handshake (RFC 6143 section 7.1 to 7.3), without a password, shared. */
export async function openRfb(path: string): Promise<OpenedRfb> {
  const socket = createConnection(path);
  await once(socket, 'connect');
  const reader = new ByteReader(socket);
  const greeting = (await reader.read(12)).toString('latin1');
  socket.write(greeting);
  const [count = 0] = await reader.read(1);
  await reader.read(count);
  socket.write(Buffer.from([1])); // security type None
  if ((await reader.read(4)).readUInt32BE() !== 0) throw new Error('the display refused');
  socket.write(Buffer.from([1])); // shared
  const init = await reader.read(24);
  await reader.read(init.readUInt32BE(20));
  return { socket, reader, greeting };
}

/** SetEncodings (RFC 6143 section 7.5.2). */
export function setEncodings(...encodings: number[]): Buffer {
  const message = Buffer.alloc(4 + 4 * encodings.length);
  message.writeUInt8(2, 0);
  message.writeUInt16BE(encodings.length, 2);
  for (const [at, encoding] of encodings.entries()) message.writeInt32BE(encoding, 4 + 4 * at);
  return message;
}
