import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import path from 'node:path';
import type { AsyncDisposable } from '../../../src/contract/disposable.ts';

const here = import.meta.dirname;
const noVnc = path.resolve(here, '../../../node_modules/@novnc/novnc');
const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.ts': 'text/javascript',
};

/** Serves the page of the bench, and noVNC's modules as they are published. */
export async function servePage(): Promise<AsyncDisposable & { readonly origin: string }> {
  const server = createServer(async ({ url = '/' }, response) => {
    const name = path.normalize(new URL(url, 'http://bench').pathname);
    const file = name.startsWith('/novnc/')
      ? path.join(noVnc, name.slice('/novnc/'.length))
      : path.join(here, name);
    const content = await contentOf(file).catch(() => null);
    response.writeHead(content === null ? 404 : 200, {
      'content-type': types[path.extname(file)] ?? 'application/octet-stream',
    });
    response.end(content);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the page needs a port');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    async dispose() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function contentOf(file: string): Promise<string | Buffer> {
  if (path.extname(file) !== '.ts') return readFile(file);
  return stripTypeScriptTypes(await readFile(file, 'utf8'));
}
