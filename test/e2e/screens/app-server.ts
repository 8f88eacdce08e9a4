import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { PNG } from 'pngjs';
import { responseHeaders } from '../../../main/response-headers.ts';

const root = join(import.meta.dirname, '../../../out/renderer');

const types: Record<string, string> = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.woff2': 'font/woff2',
};

/** Serves the built renderer with the headers of the app's own scheme, and pictures of desktops. */
export async function startAppServer(): Promise<{ origin: string; close(): Promise<void> }> {
  const picture = drawPicture();
  const headers = appHeaders();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://app');
    if (pathname.startsWith('/pictures/')) {
      const broken = pathname.endsWith('-000000000000');
      response.writeHead(broken ? 503 : 200, { 'content-type': 'image/png' });
      response.end(broken ? '' : picture);
      return;
    }
    const file = pathname === '/' ? 'index.html' : pathname.slice(1);
    readFile(join(root, file)).then(
      (body) => {
        const type = types[extname(file)] ?? 'application/octet-stream';
        response.writeHead(200, { ...headers, 'content-type': type });
        response.end(body);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: originOf(server), close: () => closeServer(server) };
}

/** The scripted desktop has no certificate, and so a way of its own through the app's policy. */
function appHeaders(): Record<string, string> {
  const entries = Object.entries(responseHeaders()).map(([name, value]) => [
    name,
    value.replace('connect-src', 'connect-src ws://127.0.0.1:*'),
  ]);
  return Object.fromEntries(entries);
}

function originOf(server: Server): string {
  const { port } = server.address() as AddressInfo; // a TCP server's address is never a string
  return `http://127.0.0.1:${port}`;
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

/** Something that looks like a desktop from afar: a wallpaper, a window and a panel. */
function drawPicture(): Buffer {
  const png = new PNG({ width: 320, height: 180 });
  for (let y = 0; y < png.height; y++) {
    for (let x = 0; x < png.width; x++) {
      const panel = y > 166;
      const title = x > 60 && x < 220 && y > 30 && y < 42;
      const window = x > 60 && x < 220 && y >= 42 && y < 130;
      const shade = panel ? [24, 32, 44] : title ? [58, 76, 96] : window ? [16, 20, 26] : null;
      png.data.set([...(shade ?? [30, 90 + y / 3, 120 + y / 4]), 255], (y * png.width + x) * 4);
    }
  }
  return PNG.sync.write(png);
}
