import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { AsyncDisposable } from '../../../src/contract/disposable.ts';
import type { CertificateFiles } from './certificate.ts';
import { end } from './child.ts';

/** Debian's websockify in front of one unix socket, by TLS 1.3 as the broker has it. */
export async function startWebsockify(
  rfbSocket: string,
  { cert, key }: CertificateFiles,
): Promise<AsyncDisposable & { readonly port: number }> {
  const port = await freePort();
  const tls = ['--ssl-only', '--ssl-version=tlsv1_3', `--cert=${cert}`, `--key=${key}`];
  const args = [...tls, `--unix-target=${rfbSocket}`, `127.0.0.1:${port}`];
  const child = spawn('websockify', args, { stdio: ['ignore', 'ignore', 'pipe'] });
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
