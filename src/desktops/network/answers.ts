import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** What a guest is told in place of what it asked for. */
export type Answer = { status: 400 | 403 | 502 | 504; text: string };

export function refusal(reason: string): Answer {
  return {
    status: 403,
    text: `This desktop may not go there: ${reason}.\nAsk your administrator to allow it.\n`,
  };
}

export const answers = {
  malformed: {
    status: 400,
    text: 'A proxy needs "CONNECT host:port", or a request for http://host/ in full.\n',
  },
  unknown: { status: 502, text: 'There is no such host.\n' },
  unreachable: { status: 502, text: 'The host cannot be reached.\n' },
  late: { status: 504, text: 'The host does not answer.\n' },
} as const satisfies Record<string, Answer>;

export function answerRequest(response: ServerResponse, { status, text }: Answer): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  // Whatever the guest was sending is of no use any more.
  response.writeHead(status, { ...headersOf(text), connection: 'close' }).end(text);
}

/** CONNECT is answered on the bare connection. */
export function answerTunnel(socket: Duplex, { status, text }: Answer): void {
  const headers = Object.entries({ ...headersOf(text), connection: 'close' });
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines}\r\n${text}`);
}

function headersOf(text: string) {
  return {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': String(Buffer.byteLength(text)),
    'cache-control': 'no-store',
  };
}
