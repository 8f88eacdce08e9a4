import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { Destination } from './destinations.ts';

/** A plain request as it is sent on. */
export type Target = Destination & { path: string; authority: string };

/** Ours to answer for, not theirs to pass through (RFC 9110 section 7.6.1). */
const hopByHop = new Set([
  'connection',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * The target of a request in absolute-form (RFC 9112 section 3.2.2); the Host that came with it says
 * nothing. Null for anything else, a user name in it included.
 */
export function parseTarget(url: string): Target | null {
  if (!/^http:\/\//i.test(url) || !URL.canParse(url)) return null;
  const { hostname, port, host, username, password, pathname, search } = new URL(url);
  if (hostname === '' || username !== '' || password !== '') return null;
  // URL writes addresses in their one canonical form: http://2130706433/ is http://127.0.0.1/.
  const name = hostname.replace(/\.$/, '');
  return {
    host: name,
    port: port === '' ? 80 : Number(port),
    path: `${pathname}${search}`,
    authority: host,
  };
}

/** Sends a request on over a connection, and its answer back. @throws when either side breaks off */
export async function forward(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  target: Target,
  connection: Socket,
): Promise<void> {
  const onward = request({
    createConnection: () => connection,
    method: incoming.method ?? 'GET',
    path: target.path,
    setHost: false,
    headers: ['host', target.authority, ...bodyHeader(incoming), 'connection', 'close'].concat(
      passedOn(incoming),
    ),
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    onward.once('response', resolve);
    onward.once('error', reject);
  });
  // A host may answer before it has read all, and break off.
  onward.on('error', () => undefined);
  const abandon = () => onward.destroy();
  outgoing.once('close', abandon);
  try {
    if (outgoing.destroyed) abandon();
    incoming.pipe(onward);
    const response = await answered;
    outgoing.writeHead(response.statusCode ?? 502, passedOn(response));
    await pipeline(response, outgoing);
  } finally {
    outgoing.off('close', abandon);
    onward.destroy();
  }
}

/** Chunked, said anew: Node.js would send the body of a GET without any frame around it. */
function bodyHeader({ headers }: IncomingMessage): string[] {
  return headers['transfer-encoding'] === undefined ? [] : ['transfer-encoding', 'chunked'];
}

/** Names and values by turns, repeated ones included. */
function passedOn({ rawHeaders, headers }: IncomingMessage): string[] {
  const named = (headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  const kept: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    const key = name.toLowerCase();
    if (!hopByHop.has(key) && !(named.includes(key) && key !== 'content-length')) {
      kept.push(name, value);
    }
  }
  return kept;
}
