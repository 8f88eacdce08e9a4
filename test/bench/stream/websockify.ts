import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { AsyncDisposable } from '../../../src/contract/disposable.ts';
import { end } from './child.ts';

/** Debian's websockify in front of one unix socket. */
export async function startWebsockify(
  rfbSocket: string,
): Promise<AsyncDisposable & { readonly port: number }> {
  const port = await freePort();
  const child = spawn('websockify', [`--unix-target=${rfbSocket}`, `127.0.0.1:${port}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const lines = createInterface({ input: child.stderr });
  for await (const line of lines) if (line.includes('proxying')) break;
  child.stderr.resume();
  return { port, dispose: () => end(child) };
}

/** websockify does not tell a port that it chose itself. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
