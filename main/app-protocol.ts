import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { appScheme } from '../src/contract/app-origin.ts';
import { errorCatalogue } from '../src/contract/error-catalogue.ts';
import { CodedError } from '../src/contract/errors.ts';
import { sessionIdSchema } from '../src/contract/session.ts';
import { responseHeaders } from './response-headers.ts';

/**
 * What the scheme may do. `standard` gives it an origin, `secure` the APIs of secure contexts,
 * which noVNC needs. It has no service workers, bypasses no policy and streams nothing.
 */
export const appSchemePrivileges = {
  scheme: appScheme,
  privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
} as const;

const mediaTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
};

type AppProtocolDeps = {
  /** Folder of the built renderer. */
  root: string;
  /** PNG of the screen of a running session. @throws CodedError */
  picture(sessionId: string): Promise<Uint8Array>;
};

type Page = { file: string; mediaType: string };

/**
 * Answers `porthole://app/…`. The files of the renderer are listed once and looked up by their
 * exact path, so that no path of a request is ever joined to a folder.
 */
export function createAppProtocol(deps: AppProtocolDeps): (request: Request) => Promise<Response> {
  const pages = listPages(deps.root);
  return async (request) => {
    const { host, pathname } = new URL(request.url);
    if (request.method !== 'GET' || host !== 'app') return empty(404);
    const sessionId = /^\/pictures\/([^/]+)$/.exec(pathname)?.[1];
    if (sessionId !== undefined) return answerPicture(deps, sessionId);
    const page = pages.get(pathname);
    return page === undefined ? empty(404) : answerPage(page);
  };
}

function listPages(root: string): ReadonlyMap<string, Page> {
  const pages = new Map<string, Page>();
  for (const file of listFiles(root)) {
    const mediaType = mediaTypes[extname(file)];
    if (mediaType === undefined) continue;
    pages.set(`/${relative(root, file).replaceAll(sep, '/')}`, { file, mediaType });
  }
  const index = pages.get('/index.html');
  if (index !== undefined) pages.set('/', index);
  return pages;
}

/** By hand: `recursive` does not work inside the archive that an installed app is read from. */
function listFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return listFiles(path);
    return entry.isFile() ? [path] : [];
  });
}

async function answerPage({ file, mediaType }: Page): Promise<Response> {
  return new Response(await readFile(file), {
    headers: { ...responseHeaders(), 'content-type': mediaType, 'cache-control': 'no-cache' },
  });
}

async function answerPicture(deps: AppProtocolDeps, sessionId: string): Promise<Response> {
  if (!sessionIdSchema.safeParse(sessionId).success) return empty(404);
  try {
    return new Response(new Uint8Array(await deps.picture(sessionId)), {
      headers: {
        ...responseHeaders(),
        'content-type': 'image/png',
        // The screen of a person: it is not to stay on this machine.
        'cache-control': 'no-store',
      },
    });
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return empty(errorCatalogue[error.code].status ?? 502);
  }
}

function empty(status: number): Response {
  return new Response(null, { status, headers: responseHeaders() });
}
