import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { createAppProtocol } from '../../../main/app-protocol.ts';
import { contentSecurityPolicy } from '../../../main/response-headers.ts';
import { CodedError } from '../../../src/contract/errors.ts';
import { temporaryFolder } from './temporary-folder.ts';

const path = temporaryFolder();
const sessionId = '5f0c9a52-7d6e-4b0f-9d3e-1b1c5a1f2e3d';

beforeEach(() => {
  mkdirSync(path('renderer', 'assets'), { recursive: true });
  writeFileSync(path('renderer', 'index.html'), '<p>start');
  writeFileSync(path('renderer', 'assets', 'app-1a2b.js'), 'run()');
  writeFileSync(path('renderer', 'assets', 'app.css'), 'p{}');
  writeFileSync(path('renderer', 'assets', 'inter.woff2'), 'font');
  writeFileSync(path('renderer', 'assets', 'app.js.map'), 'the source');
  writeFileSync(path('secret.txt'), 'secret');
});

function serve(picture = async (_id: string) => new Uint8Array([137, 80, 78, 71])) {
  const answer = createAppProtocol({ root: path('renderer'), picture });
  return (url: string, method = 'GET') => answer({ url, method } as Request);
}

describe('a file of the renderer', () => {
  it.each([
    ['porthole://app/', 'text/html; charset=utf-8', '<p>start'],
    ['porthole://app/index.html', 'text/html; charset=utf-8', '<p>start'],
    ['porthole://app/assets/app-1a2b.js', 'text/javascript; charset=utf-8', 'run()'],
    ['porthole://app/assets/app.css?x=1#y', 'text/css; charset=utf-8', 'p{}'],
    ['porthole://app/assets/inter.woff2', 'font/woff2', 'font'],
  ])('%s is served as %s', async (url, type, body) => {
    const response = await serve()(url);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(type);
    expect(await response.text()).toBe(body);
  });
});

describe('nothing is served', () => {
  it.each([
    'porthole://app/nothing.html',
    'porthole://app/assets',
    'porthole://app/assets/',
    'porthole://app/assets/app.js.map',
    'porthole://other/index.html',
    'porthole://app:80/index.html',
    'porthole://app.evil/index.html',
    'porthole:///index.html',
    'porthole://app/../secret.txt',
    'porthole://app/%2e%2e/secret.txt',
    'porthole://app/..%2fsecret.txt',
    'porthole://app/%2e%2e%2fsecret.txt',
    'porthole://app/..%5csecret.txt',
    'porthole://app/..\\secret.txt',
    'porthole://app/assets/../../secret.txt',
    'porthole://app/assets/..%2f..%2fsecret.txt',
    'porthole://app/assets/....//....//secret.txt',
    'porthole://app//etc/passwd',
    'porthole://app/%2fetc%2fpasswd',
    'porthole://app/index.html%00.txt',
    'porthole://app/index.html/',
    'porthole://app//index.html',
    'porthole://app/./assets/%61pp.css',
    'porthole://app/INDEX.HTML',
    'porthole://app/C:%5csecret.txt',
    'porthole://app/~/secret.txt',
    'porthole://app/constructor',
    'porthole://app/__proto__',
    'porthole://app/pictures/',
    'porthole://app/pictures/..%2f..%2fsecret.txt',
    'porthole://app/pictures/not-a-session',
    `porthole://app/pictures/${sessionId}/more`,
    `porthole://app/pictures/${sessionId}%00`,
  ])('for %s', async (url) => {
    const response = await serve()(url);
    expect(response.status).toBe(404);
    expect(await response.text()).toBe('');
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD'])('for %s', async (method) => {
    expect((await serve()('porthole://app/', method)).status).toBe(404);
  });

  it('for a file that a symbolic link points to', async () => {
    symlinkSync(path('secret.txt'), path('renderer', 'link.txt'));
    expect((await serve()('porthole://app/link.txt')).status).toBe(404);
  });

  it('for a file that came after the start', async () => {
    const get = serve();
    writeFileSync(path('renderer', 'late.js'), 'late()');
    expect((await get('porthole://app/late.js')).status).toBe(404);
  });
});

describe('the picture of a session', () => {
  const url = `porthole://app/pictures/${sessionId}?at=3`;

  it('is served and never stored', async () => {
    const asked: string[] = [];
    const response = await serve(async (id) => {
      asked.push(id);
      return new Uint8Array([1, 2, 3]);
    })(url);
    expect(asked).toEqual([sessionId]);
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(new Uint8Array([1, 2, 3]));
  });

  it.each([
    ['session-not-found', 404],
    ['broker-unreachable', 502],
  ] as const)('that fails with %s is answered %i', async (code, status) => {
    const response = await serve(() => Promise.reject(new CodedError(code)))(url);
    expect(response.status).toBe(status);
  });
});

describe('every answer', () => {
  it.each(['porthole://app/', 'porthole://app/nothing', `porthole://app/pictures/${sessionId}`])(
    'carries the policy: %s',
    async (url) => {
      const { headers } = await serve()(url);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
      expect(policy).not.toMatch(/unsafe|\*(?!\b)(?<!:\*)/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
    },
  );

  it('lists no directive of the policy without a reason', () => {
    for (const { reason } of Object.values(contentSecurityPolicy)) expect(reason).not.toBe('');
  });
});
