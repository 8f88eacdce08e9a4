import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** One end of a connection to the source, whatever lies between: bytes out, counts of bytes in. */
export type Link = {
  /** Sends messages of less than 126 bytes, those of one call together. */
  write(...messages: Uint8Array[]): void;
  /** Tells how many bytes came in; the latest listener is the one that is told. */
  onBytes(listener: (count: number) => void): void;
  close(): void;
};

/** Straight to a unix socket, or to a port by TLS. */
export async function openPlain(target: number | string): Promise<Link> {
  const socket = await open(target);
  return {
    write: (...messages) => void socket.write(Buffer.concat(messages)),
    onBytes(listener) {
      socket.removeAllListeners('data');
      socket.on('data', (data) => listener(data.length));
    },
    close: () => socket.destroy(),
  };
}

/**
 * Through a WebSocket server (RFC 6455). Payloads are counted and not copied, so that this end
 * costs as little as a plain socket does: what is measured is what lies between.
 */
export async function openWebSocket(port: number): Promise<Link> {
  const socket = await open(port);
  socket.write(upgradeRequest(port));
  await endOfUpgrade(socket);
  return {
    write: (...messages) => void socket.write(Buffer.concat(messages.map(clientFrame))),
    onBytes(listener) {
      const payloads = payloadCounter(listener);
      socket.removeAllListeners('data');
      socket.on('data', (data: Buffer) => payloads(data));
    },
    close: () => socket.destroy(),
  };
}

async function open(target: number | string): Promise<Socket> {
  if (typeof target === 'string') {
    const socket = connect(target);
    await once(socket, 'connect');
    return socket;
  }
  const socket = connectTls({
    port: target,
    host: '127.0.0.1',
    minVersion: 'TLSv1.3',
    // Whose certificate it is makes no difference to what a byte costs.
    rejectUnauthorized: false,
  });
  socket.setNoDelay();
  await once(socket, 'secureConnect');
  return socket;
}

function upgradeRequest(port: number): string {
  const lines = [
    'GET / HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Protocol: binary',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** Leaves what follows the answer's head unread. */
async function endOfUpgrade(socket: Socket): Promise<void> {
  let head = '';
  while (!head.endsWith('\r\n\r\n')) {
    const byte = socket.read(1);
    if (byte === null) await once(socket, 'readable');
    else head += byte.toString('latin1');
  }
  if (!head.startsWith('HTTP/1.1 101')) throw new Error(head);
}

/** A masked binary frame; a mask of zeros leaves the payload as it is. */
function clientFrame(payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([0x82, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

/** Tells apart the headers (section 5.2) and the payloads of a server's frames. */
function payloadCounter(tell: (count: number) => void): (data: Buffer) => void {
  let header = Buffer.alloc(0);
  let left = 0;
  return (data) => {
    let at = 0;
    let count = 0;
    while (at < data.length) {
      if (left > 0) {
        const part = Math.min(left, data.length - at);
        left -= part;
        at += part;
        count += part;
      } else {
        header = Buffer.concat([header, data.subarray(at, at + 1)]);
        at += 1;
        const length = payloadLength(header);
        if (length === null) continue;
        header = Buffer.alloc(0);
        left = length;
      }
    }
    if (count > 0) tell(count);
  };
}

/** null while the header is not whole. */
function payloadLength(header: Buffer): number | null {
  const short = header[1];
  if (short === undefined) return null;
  if (short < 126) return short;
  if (short === 126) return header.length < 4 ? null : header.readUInt16BE(2);
  return header.length < 10 ? null : Number(header.readBigUInt64BE(2));
}
