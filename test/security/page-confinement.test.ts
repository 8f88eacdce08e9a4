import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callNames } from '../../src/contract/channels.ts';
import { until } from '../fakes/until.ts';
import { type BuiltApp, buildApp, type Launched, launchApp } from '../harness/built-app.ts';
import { type Display, startDisplay } from '../harness/display.ts';

/**
 * The page has been taken over: its script does what it likes. These tests hold that, in the real
 * Electron, it gets nowhere. Each line of Electron's security checklist has one.
 */
let app: BuiltApp;
let display: Display;
let home: string;
let launched: Launched;
let page: Page;
let server: Server;
/** What arrived at a server on this machine that is not the broker. */
const arrived: string[] = [];

beforeAll(async () => {
  app = await buildApp(join(import.meta.dirname, 'page'));
  display = await startDisplay();
  home = await mkdtemp(join(tmpdir(), 'porthole-home-'));
  server = createServer((socket) => {
    socket.on('data', (data) => arrived.push(data.toString('latin1')));
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  launched = await launchApp({
    app: app.folder,
    profile: join(home, 'profile'),
    env: { ...process.env, DISPLAY: display.name, HOME: home, XDG_DOWNLOAD_DIR: home },
  });
  page = await launched.page();
});

afterAll(async () => {
  await launched?.quit();
  server?.close();
  await display?.dispose();
  await app?.dispose();
  await rm(home, { recursive: true, force: true });
});

function refusals(what: string): unknown[] {
  return launched.log.filter((entry) => entry.message === 'refused' && entry.what === what);
}

function addressOfServer(): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return `127.0.0.1:${address.port}`;
}

describe('the page finds nothing of Node or Electron', () => {
  it.each([
    'require',
    'process',
    'module',
    'exports',
    'Buffer',
    'global',
    'electron',
    'ipcRenderer',
    '__dirname',
    'setImmediate',
  ])('no %s', async (name) => {
    expect(await page.evaluate((global) => typeof Reflect.get(window, global), name)).toBe(
      'undefined',
    );
  });

  it('has the calls of the contract, and cannot put others in their place', async () => {
    const found = await page.evaluate(() => {
      const bridge: object = window.porthole ?? {};
      Reflect.set(bridge, 'signIn', () => 'mine');
      Reflect.set(window, 'porthole', 'mine');
      const signIn: unknown = Reflect.get(window.porthole ?? {}, 'signIn');
      return { names: Object.keys(window.porthole ?? {}), signIn: String(signIn) };
    });
    expect(found.names.sort()).toEqual([...callNames, 'onState'].sort());
    expect(found.signIn).not.toContain('mine');
  });

  it('gets no script of another world through the bridge', async () => {
    const escaped = await page
      .evaluate(() => window.porthole?.getState.constructor('return typeof process')())
      .catch(() => 'refused');
    expect(['undefined', 'refused']).toContain(escaped);
  });
});

describe('the content security policy', () => {
  it('runs no script within the page', async () => {
    expect(
      await page.evaluate(() => [
        Reflect.get(window, 'inlineScriptRan'),
        Reflect.get(window, 'inlineHandlerRan'),
      ]),
    ).toEqual([undefined, undefined]);
  });

  it('makes no script of text', async () => {
    expect(await page.evaluate(() => Reflect.get(window, 'probes'))).toEqual({
      eval: 'EvalError',
      function: 'EvalError',
      timer: expect.not.stringMatching('ran'),
      markup: 'TypeError',
      scriptAddress: 'TypeError',
    });
    expect(await page.evaluate(() => Reflect.get(window, 'timerRan'))).toBeUndefined();
  });

  it('applies no style within the page', async () => {
    expect(await page.evaluate(() => getComputedStyle(document.body).color)).not.toBe(
      'rgb(1, 2, 3)',
    );
  });

  it('loads no frame', async () => {
    expect(page.frames().filter((frame) => frame.url().startsWith('porthole:'))).toHaveLength(1);
  });
});

describe('requests', () => {
  it.each([
    'https://evil.example/',
    'http://127.0.0.1:1/',
    'file:///etc/passwd',
    'data:text/plain,x',
  ])('to %s fail', async (address) => {
    const outcome = await page.evaluate(
      (url) =>
        fetch(url).then(
          () => 'answered',
          (error: Error) => error.name,
        ),
      address,
    );
    expect(outcome).toBe('TypeError');
  });

  it('to a server on this machine that is not the broker are cancelled before they leave', async () => {
    const outcome = await page.evaluate(
      (address) =>
        new Promise((resolve) => {
          const socket = new WebSocket(`wss://${address}/`);
          socket.onopen = () => resolve('open');
          socket.onerror = () => resolve('refused');
        }),
      addressOfServer(),
    );
    expect(outcome).toBe('refused');
    expect(refusals('request')).toEqual([
      expect.objectContaining({ detail: `wss://${addressOfServer()}/` }),
    ]);
    expect(arrived).toEqual([]);
  });

  it('for a file outside the renderer are answered with nothing', async () => {
    const statuses = await page.evaluate(async () => {
      const paths = ['/../package.json', '/%2e%2e/main/index.js', '/..%2f..%2fpackage.json'];
      return Promise.all(paths.map(async (path) => (await fetch(path)).status));
    });
    expect(statuses).toEqual([404, 404, 404]);
  });

  it('leave no cookie', async () => {
    expect(
      await page.evaluate(() => {
        // biome-ignore lint/suspicious/noDocumentCookie: the very thing that must not work
        document.cookie = 'a=b';
        return document.cookie;
      }),
    ).toBe('');
  });
});

describe('navigation', () => {
  it.each(['#away', '#file'])('by the link %s is refused', async (link) => {
    await page.evaluate((selector) => {
      document.querySelector<HTMLElement>(selector)?.click();
    }, link);
    expect(await stillThere()).toBe('porthole://app/');
  });

  it.each(['https://evil.example/', 'file:///etc/passwd', 'porthole://app/probe.js'])(
    'to %s is refused',
    async (address) => {
      await page.evaluate((url) => {
        location.href = url;
      }, address);
      expect(await stillThere()).toBe('porthole://app/');
    },
  );

  it('to a blank page, about which Chromium asks nobody, is undone', async () => {
    const back = page.waitForEvent('framenavigated', (frame) => frame.url() === 'porthole://app/');
    await page.evaluate(() => {
      location.href = 'about:blank';
    });
    await back;
    await page.waitForLoadState();
    expect(await stillThere()).toBe('porthole://app/');
  });

  it('was refused loudly', () => {
    expect(refusals('navigation')).not.toEqual([]);
  });

  /** The page answers after a navigation was decided on, since that is decided in order. */
  async function stillThere(): Promise<string> {
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => done(null))));
    return page.evaluate(() => location.href);
  }
});

describe('windows', () => {
  it('are not opened by script', async () => {
    expect(await page.evaluate(() => window.open('https://evil.example/') === null)).toBe(true);
    expect(await page.evaluate(() => window.open('about:blank') === null)).toBe(true);
  });

  it('are not opened by a link', async () => {
    await page.evaluate(() => document.querySelector<HTMLElement>('#blank')?.click());
    await until('the refusal is logged', () => refusals('window').length >= 3);
    expect(page.context().pages()).toHaveLength(1);
  });

  it('are not embedded by a webview, which is an unknown element', async () => {
    const kind = await page.evaluate(() => {
      const element = document.querySelector('webview');
      return [typeof Reflect.get(element ?? {}, 'loadURL'), element?.shadowRoot ?? null];
    });
    expect(kind).toEqual(['undefined', null]);
    expect(page.context().pages()).toHaveLength(1);
  });
});

describe('permissions', () => {
  it.each(['geolocation', 'notifications', 'camera', 'microphone', 'clipboard-read', 'midi'])(
    '%s is denied',
    async (name) => {
      const state = await page.evaluate(
        (permission) =>
          navigator.permissions
            .query({ name: permission as PermissionName })
            .then(({ state }) => state),
        name,
      );
      expect(state).toBe('denied');
    },
  );

  it('are not granted on request', async () => {
    const outcomes = await page.evaluate(async () => {
      const media = navigator.mediaDevices.getUserMedia({ video: true }).then(
        () => 'granted',
        (error: Error) => error.name,
      );
      const place = new Promise((resolve) => {
        navigator.geolocation.getCurrentPosition(
          () => resolve('granted'),
          ({ code }) => resolve(code),
        );
      });
      return {
        media: await media,
        place: await place,
        notes: await Notification.requestPermission(),
      };
    });
    expect(outcomes.media).not.toBe('granted');
    expect(outcomes.place).not.toBe('granted');
    expect(outcomes.notes).toBe('denied');
  });

  it('give no screen and no device', async () => {
    const session = await page.context().newCDPSession(page);
    const evaluated = await session.send('Runtime.evaluate', {
      expression: `Promise.all([
        navigator.mediaDevices.getDisplayMedia(), navigator.hid.requestDevice({ filters: [] }),
        navigator.usb.requestDevice({ filters: [] }), navigator.serial.requestPort(),
      ].map((asked) => asked.then(
        (given) => Array.isArray(given) ? given.length : 'granted', (error) => error.name)))`,
      awaitPromise: true,
      returnByValue: true,
      userGesture: true,
    });
    for (const outcome of evaluated.result.value) expect(['granted', 1]).not.toContain(outcome);
  });

  it('allow the whole screen', async () => {
    const session = await page.context().newCDPSession(page);
    const evaluated = await session.send('Runtime.evaluate', {
      expression: 'document.documentElement.requestFullscreen().then(() => "granted")',
      awaitPromise: true,
      userGesture: true,
    });
    expect(evaluated.result.value).toBe('granted');
    await page.evaluate(() => document.exitFullscreen());
  });
});

it('saves no download', async () => {
  await page.evaluate(() => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob(['loot']));
    link.download = 'loot.txt';
    link.click();
  });
  await until('the refusal is logged', () => refusals('download').length > 0);
  expect(await readdir(home, { recursive: true })).not.toContain('loot.txt');
});

it('keeps nothing of the page on the disk', async () => {
  await page.evaluate(() => localStorage.setItem('kept', 'a secret to look for'));
  expect(await readdir(join(home, 'profile'))).not.toContain('Partitions');
});
