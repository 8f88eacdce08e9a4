import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { LogEntry } from '../../main/log.ts';
import { createAuthority } from '../../src/broker/tls/authority.ts';
import type { SignInRequest } from '../../src/terminal/sign-in-window.ts';
import { until } from '../fakes/until.ts';
import { type Display, startDisplay } from '../harness/display.ts';
import { filesWith } from '../harness/profile-files.ts';
import { buildSignInApp, type SignInApp, startSignInApp } from '../harness/sign-in-app.ts';
import { type Site, startSite } from '../harness/sign-in-site.ts';

/** The sign-in window in the real Electron, at a broker and an identity provider by TLS. */
vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });

const redirectUri = 'app.porthole:/signed-in';
const arrived = `${redirectUri}?code=the-code&state=s`;
const canary = 'canary-of-a-person';

let built: Awaited<ReturnType<typeof buildSignInApp>>;
let display: Display;
let broker: Site;
let provider: Site;
let stranger: Site;
let cdn: Site;
let app: SignInApp;

const form = `<!doctype html><title>Broker</title>
  <script>document.title = 'script ran'</script>
  <form method="post" action="/login">
    <input name="username" autocomplete="username" autofocus><input name="password" type="password">
    <button>Sign in</button>
  </form>`;
const asset = {
  body: 'body { color: rgb(1, 2, 3) }',
  headers: { 'content-type': 'text/css', 'access-control-allow-origin': '*' },
};
const linked = () => `<link rel="stylesheet" href="${cdn.origin.origin}/look.css">`;
const inFrame = (address: string) => `const frame = document.createElement('iframe');
  frame.src = ${JSON.stringify(address)}; document.body.append(frame)`;
const to = (location: string, headers: Record<string, string> = {}) => ({
  status: 303,
  headers: { location, ...headers },
});

beforeAll(async () => {
  built = await buildSignInApp();
  display = await startDisplay();
  stranger = await startSite('127.0.0.1', { '/': () => ({ body: 'a stranger' }) });
  const authority = await createAuthority(Date.now());
  // Another origin than the provider's, which nothing names: pins go by host, so it is believed.
  cdn = await startSite('localhost', { '/look.css': () => asset, '/': () => asset }, authority);
  const pages = {
    '/': () => ({ body: '<!doctype html><title>Provider</title>' }),
    '/styled': () => ({ body: `<!doctype html><title>Styled</title>${linked()}` }),
    '/end': () => to(`${redirectUri}?code=forged`),
    '/back': () => to(`${broker.origin.origin}/done`),
  };
  provider = await startSite('localhost', pages, authority);
  broker = await startSite('127.0.0.1', {
    '/form': () => ({
      body: form,
      headers: {
        'set-cookie': `left=${canary}; Max-Age=99999`,
        'cache-control': 'max-age=99999',
        'content-security-policy': "form-action 'self'",
      },
    }),
    '/login': () => to('/done'),
    '/done': () => to(arrived),
    '/lax': () => ({ body: `<!doctype html><title>Lax</title>${linked()}` }),
    '/provider-styled': () => to(`${provider.origin.origin}/styled`),
    '/provider': () => to(`${provider.origin.origin}/`),
    '/astray': () => to(`${stranger.origin.origin}/`),
    '/plain': () => to('http://127.0.0.1:1/'),
    '/slow': () => ({ body: '<!doctype html><title>Slow</title>' }),
  });
  app = await startSignInApp({
    folder: built.folder,
    display: display.name,
    broker: broker.origin,
  });
});
afterAll(async () => {
  await app?.dispose();
  for (const site of [broker, provider, stranger, cdn]) await site?.dispose();
  await display?.dispose();
  await built?.dispose();
});

const open = (path: string, more: Partial<SignInRequest> = {}) =>
  app.tell({
    kind: 'open',
    request: {
      url: `${broker.origin.origin}${path}`,
      redirectUri,
      origins: [provider.origin],
      ...more,
    },
  });

type Look = {
  views: number;
  bounds: { x: number; y: number; width: number; height: number };
  content: { width: number; height: number };
  url: string | null;
  title: string | null;
  cookies: number | null;
};
// The app answers so.
const look = async (): Promise<Look> => (await app.tell({ kind: 'look' })) as Look;

async function pageAt(url: string): Promise<Look> {
  let seen = await look();
  await until(`the page is at ${url}`, async () => {
    seen = await look();
    // Until it has a title of its own, a page has its address for one.
    return seen.url === url && seen.title !== '' && !url.endsWith(seen.title ?? '');
  });
  return seen;
}

/** Does something while a page is open, which is closed again whatever becomes of that. */
async function whileOpen(path: string, url: string, work: (seen: Look) => Promise<void>) {
  const opened = open(path);
  try {
    await work(await pageAt(url));
  } finally {
    await app.tell({ kind: 'cancel' });
    await opened;
  }
}

const refused = (what: string) =>
  app.log.filter((entry) => entry.message === 'refused' && entry.what === what);
const isOf =
  (site: Site) =>
  ({ detail }: LogEntry): boolean =>
    String(detail).startsWith(site.origin.origin);

describe('an end', () => {
  afterEach(async () => {
    await app.tell({ kind: 'cancel' });
    expect(await look()).toMatchObject({ views: 0, url: null });
  });

  it('is the redirect URI as the broker answers it, which is never loaded', async () => {
    expect(await open('/done')).toEqual({ arrived });
  });

  it('comes after a form that may only be sent to the broker', async () => {
    const opened = open('/form');
    await pageAt(`${broker.origin.origin}/form`);
    await until('the first field has the keyboard', async () => {
      return (
        (await app.tell({ kind: 'run', script: 'document.activeElement.name' })) === 'username'
      );
    });
    await app.tell({ kind: 'press', at: 'page', key: 'Enter' });
    expect(await opened).toEqual({ arrived });
    expect(broker.visits.at(-2)).toMatchObject({ method: 'POST', path: '/login' });
  });

  it('comes by way of an identity provider', async () => {
    const opened = open('/provider');
    await pageAt(`${provider.origin.origin}/`);
    await app.tell({ kind: 'run', script: `location.href = '/back'; 0` });
    expect(await opened).toEqual({ arrived });
  });

  it('is not for an identity provider to give', async () => {
    const opened = open('/provider');
    await pageAt(`${provider.origin.origin}/`);
    await app.tell({ kind: 'run', script: `location.href = '/end'; 0` });
    expect(await opened).toMatchObject({ code: 'sign-in-refused' });
  });

  it('is by the person, with Escape in the page or in the strip', async () => {
    for (const at of ['page', 'strip'] as const) {
      const opened = open('/form');
      await pageAt(`${broker.origin.origin}/form`);
      await app.tell({ kind: 'press', at, key: 'Escape' });
      expect(await opened).toEqual({ aborted: 'Error: cancelled' });
    }
  });

  it('is a crash of the page', async () => {
    const opened = open('/form');
    await pageAt(`${broker.origin.origin}/form`);
    await app.tell({ kind: 'crash' });
    expect(await opened).toMatchObject({ code: 'sign-in-refused' });
  });
});

describe('a page goes nowhere else', () => {
  it.each(['/astray', '/plain'])('by the redirect %s', async (path) => {
    const before = stranger.visits.length;
    expect(await open(path)).toMatchObject({ code: 'sign-in-refused' });
    expect(stranger.visits.length).toBe(before);
    expect(refused('redirect')).not.toEqual([]);
  });

  it.each([
    'file:///etc/passwd',
    'https://evil.example/',
    'http://127.0.0.1:1/',
    'app.porthole:/signed-in?code=forged',
    'chrome://gpu',
  ])('by itself to %s', async (address) => {
    const opened = open('/provider');
    const { url } = await pageAt(`${provider.origin.origin}/`);
    const isAfter = ({ detail }: LogEntry) => String(detail).startsWith('https://after.example');
    const before = refused('navigation').filter(isAfter).length;
    // Some Chromium refuses itself, without a word; one that comes later is refused later.
    for (const next of [address, 'https://after.example/']) {
      await app.tell({ kind: 'run', script: `location.href = ${JSON.stringify(next)}; 0` });
    }
    await until(
      'the refusal is logged',
      () => refused('navigation').filter(isAfter).length > before,
    );
    expect((await look()).url).toBe(url);
    await app.tell({ kind: 'cancel' });
    await opened;
  });

  it('in a frame', async () => {
    const opened = open('/provider');
    await pageAt(`${provider.origin.origin}/`);
    const before = cdn.visits.length;
    await app.tell({ kind: 'run', script: `${inFrame(`${cdn.origin.origin}/`)}; 0` });
    await until('the refusal is logged', () => refused('navigation').some(isOf(cdn)));
    expect(cdn.visits.length).toBe(before);
    await app.tell({ kind: 'cancel' });
    await opened;
  });
});

describe('a page loads', () => {
  const loaded = (address: string) =>
    app.tell({
      kind: 'run',
      script: `fetch(${JSON.stringify(address)}, { mode: 'no-cors' })
        .then(() => 'answered', (error) => error.name)`,
    });

  it('what belongs to it from anywhere, when it is an identity provider’s', async () => {
    const opened = open('/provider-styled');
    await pageAt(`${provider.origin.origin}/styled`);
    const script = 'getComputedStyle(document.body).color';
    expect(await app.tell({ kind: 'run', script })).toBe('rgb(1, 2, 3)');
    expect(await loaded(`${cdn.origin.origin}/`)).toBe('answered');
    await app.tell({ kind: 'cancel' });
    await opened;
  });

  it('nothing without TLS, nor from whom nobody vouches for', async () => {
    const unknown = await startSite('127.0.0.2', { '/': () => asset });
    const opened = open('/provider');
    await pageAt(`${provider.origin.origin}/`);
    expect(await loaded(unknown.origin.origin)).toBe('TypeError');
    expect(await loaded('http://127.0.0.1:1/')).toBe('TypeError');
    expect(unknown.visits).toEqual([]);
    await app.tell({ kind: 'cancel' });
    await opened;
    await unknown.dispose();
  });

  it('only what is the broker’s, when it is the broker’s', async () => {
    const before = cdn.visits.length;
    await whileOpen('/lax', `${broker.origin.origin}/lax`, async () => {
      await until('the refusal is logged', () => refused('request').some(isOf(cdn)));
    });
    expect(cdn.visits.length).toBe(before);
  });
});

describe('a certificate', () => {
  it('of another than the broker is told as a key that changed', async () => {
    const url = `${stranger.origin.origin}/`;
    expect(await open('', { url })).toMatchObject({ code: 'broker-key-changed' });
  });

  it('of another than the identity provider ends the sign-in', async () => {
    const origins = [{ ...provider.origin, anchors: stranger.origin.anchors }];
    expect(await open('/provider', { origins })).toMatchObject({ code: 'sign-in-refused' });
  });

  it('is judged anew after that', async () => {
    expect(await open('/done')).toEqual({ arrived });
  });

  it('is nothing to a broker that is away', async () => {
    const url = 'https://127.0.0.1:1/';
    expect(await open('', { url })).toMatchObject({ code: 'broker-unreachable' });
  });
});

describe('a page of an identity provider', () => {
  let opened: Promise<unknown>;
  beforeAll(async () => {
    opened = open('/provider');
    await pageAt(`${provider.origin.origin}/`);
  });
  afterAll(async () => {
    await app.tell({ kind: 'cancel' });
    await opened;
  });
  const run = (script: string) => app.tell({ kind: 'run', script });

  it('finds nothing of Node, Electron or the terminal', async () => {
    const names = ['require', 'process', 'electron', 'porthole', 'ipcRenderer'];
    expect(await run(`${JSON.stringify(names)}.map((name) => typeof globalThis[name])`)).toEqual(
      names.map(() => 'undefined'),
    );
  });

  it('has text as large as the terminal’s own', async () => {
    expect(await run('devicePixelRatio')).toBe(1.5);
  });

  it('opens no window, and shows no dialog', async () => {
    expect(await run(`String(window.open('https://evil.example/'))`)).toBe('null');
    expect(await run(`[alert('a'), confirm('b'), print()].map(String)`)).toEqual([
      'undefined',
      'false',
      'undefined',
    ]);
  });

  it('opens no file chooser', async () => {
    await run(`const chooser = document.createElement('input');
      chooser.type = 'file'; document.body.append(chooser); chooser.click()`);
    await until('the refusal is logged', () => refused('file chooser').length > 0);
  });

  it('saves no download', async () => {
    await run(`const link = document.createElement('a'); link.download = 'loot.txt';
      link.href = URL.createObjectURL(new Blob(['loot'])); link.click()`);
    const session = await run('new Promise((done) => setTimeout(() => done(1), 200))');
    expect(session).toBe(1);
  });

  it.each(['geolocation', 'notifications', 'camera', 'clipboard-read'])(
    'has no permission: %s',
    async (name) => {
      const script = `navigator.permissions.query({ name: '${name}' }).then(({ state }) => state)`;
      expect(await run(script)).toBe('denied');
    },
  );
});

it('runs no script on a page of the broker', async () => {
  await whileOpen('/form', `${broker.origin.origin}/form`, async ({ title }) => {
    expect(title).toBe('Broker');
  });
});

it('lies below the strip, whatever the size of the window', async () => {
  await whileOpen('/form', `${broker.origin.origin}/form`, async ({ bounds, content }) => {
    expect(bounds).toEqual({ x: 0, y: 56, width: content.width, height: content.height - 56 });
    await app.tell({ kind: 'resize', width: 800, height: 640 });
    await until('it is laid out anew', async () => (await look()).bounds.width === 800);
    expect((await look()).bounds).toEqual({ x: 0, y: 56, width: 800, height: 584 });
  });
});

it('leaves nothing of one sign-in for the next', async () => {
  for (const _turn of [1, 2]) {
    await whileOpen('/form', `${broker.origin.origin}/form`, async ({ cookies }) => {
      expect(cookies).toBe(1);
    });
  }
  const visits = broker.visits.filter(({ path }) => path === '/form').slice(-2);
  expect(visits).toEqual([
    expect.objectContaining({ cookie: null }),
    expect.objectContaining({ cookie: null }),
  ]);
});

it('types the account of a demo, once', async () => {
  const account = { username: 'ada', password: canary };
  const demo = await startSignInApp({
    folder: built.folder,
    display: display.name,
    broker: broker.origin,
    account,
  });
  try {
    const url = `${broker.origin.origin}/form`;
    const request = { url, redirectUri, origins: [] };
    expect(await demo.tell({ kind: 'open', request })).toEqual({ arrived });
    expect(broker.visits.findLast(({ path }) => path === '/login')?.body).toBe(
      `username=ada&password=${canary}`,
    );
    expect(JSON.stringify(demo.log)).not.toContain(canary);
  } finally {
    await demo.quit();
    expect(await filesWith(demo.profile, [canary])).toEqual([]);
    await demo.dispose();
  }
});
