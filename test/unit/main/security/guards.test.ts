import { EventEmitter } from 'node:events';
import type { App, Session, WebContents } from 'electron';
import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../../../main/log.ts';
import { guardApp, guardSession } from '../../../../main/security/guards.ts';
import { ownPageRules, ownSessionRules } from '../../../../main/security/own-page.ts';

const ours = 'porthole://app/';

/** An event of Electron's, as far as listeners can tell. */
function cancellable(fields: object = {}) {
  const event = { ...fields, cancelled: false, preventDefault: () => undefined };
  event.preventDefault = () => {
    event.cancelled = true;
  };
  return event;
}

type Handler = (...args: unknown[]) => unknown;

/** A session that keeps every handler it is given, by the name of the method that set it. */
class FakeSession extends EventEmitter {
  readonly handlers = new Map<string, Handler>();
  spellChecks = true;
  readonly webRequest = { onBeforeRequest: this.#keep('onBeforeRequest') };
  readonly setPermissionRequestHandler = this.#keep('permissionRequest');
  readonly setPermissionCheckHandler = this.#keep('permissionCheck');
  readonly setDevicePermissionHandler = this.#keep('devicePermission');
  readonly setDisplayMediaRequestHandler = this.#keep('displayMedia');
  setSpellCheckerEnabled(enabled: boolean) {
    this.spellChecks = enabled;
  }
  call(name: string, ...args: unknown[]): unknown {
    const handler = this.handlers.get(name);
    if (handler === undefined) throw new Error(`${name} was not set`);
    return handler(...args);
  }
  #keep(name: string) {
    return (handler: Handler) => this.handlers.set(name, handler);
  }
}

function guarded(streamOrigin: string | null = null) {
  const session = new FakeSession();
  const log: LogEntry[] = [];
  // Has what guardSession touches of a session, and nothing more.
  guardSession(
    session as unknown as Session,
    ownSessionRules(() => streamOrigin),
    (entry) => log.push(entry),
  );
  return { session, log };
}

/** What a handler that answers by callback has answered. */
function answers(): { given: unknown[][]; answer: (...args: unknown[]) => void } {
  const given: unknown[][] = [];
  return { given, answer: (...args) => given.push(args) };
}

describe('a guarded session', () => {
  it.each([
    ['fullscreen', ours, true],
    ['fullscreen', 'https://evil.example/', false],
    ['media', ours, false],
    ['fullscreen', '', false],
  ])('answers a request for %s from "%s" with %s', (permission, requestingUrl, permitted) => {
    const { session, log } = guarded();
    const { given, answer } = answers();
    session.call('permissionRequest', {}, permission, answer, { requestingUrl });
    expect(given).toEqual([[permitted]]);
    expect(log).toHaveLength(permitted ? 0 : 1);
  });

  it('answers checks by the same table', () => {
    const { session } = guarded();
    expect(session.call('permissionCheck', null, 'pointerLock', ours)).toBe(true);
    expect(session.call('permissionCheck', null, 'pointerLock', 'https://evil.example')).toBe(
      false,
    );
    expect(session.call('permissionCheck', null, 'geolocation', ours)).toBe(false);
  });

  it('gives no device away', () => {
    expect(guarded().session.call('devicePermission', { deviceType: 'usb' })).toBe(false);
  });

  it('gives no screen away', () => {
    const { given, answer } = answers();
    guarded().session.call('displayMedia', {}, answer);
    expect(given).toEqual([[{}]]);
  });

  it.each([
    ['select-hid-device', [{}], []],
    ['select-usb-device', [{}], []],
    ['select-serial-port', [[{ portId: '1' }], {}], ['']],
  ])('chooses nothing at %s', (name, args, choice) => {
    const event = cancellable();
    const { given, answer } = answers();
    guarded().session.emit(name, event, ...args, answer);
    expect(event.cancelled).toBe(true);
    expect(given).toEqual([choice]);
  });

  it('cancels downloads and says so', () => {
    const { session, log } = guarded();
    const event = cancellable();
    session.emit('will-download', event, { getURL: () => 'blob:porthole://app/1' });
    expect(event.cancelled).toBe(true);
    expect(log).toEqual([expect.objectContaining({ what: 'download' })]);
  });

  it.each([
    ['porthole://app/index.html', false],
    ['wss://broker.example/v1/sessions/1/stream', false],
    ['wss://evil.example/', true],
    ['https://broker.example/', true],
  ])('cancels the request for %s: %s', (url, cancel) => {
    const { session, log } = guarded('wss://broker.example');
    const { given, answer } = answers();
    session.call('onBeforeRequest', { url }, answer);
    expect(given).toEqual([[{ cancel }]]);
    expect(log).toHaveLength(cancel ? 1 : 0);
  });

  it('sends no text away for spell checking', () => {
    expect(guarded().session.spellChecks).toBe(false);
  });
});

describe('a guarded app', () => {
  function guardedApp() {
    const app = new EventEmitter();
    const log: LogEntry[] = [];
    const keep = (entry: LogEntry) => log.push(entry);
    // Of an app, only its events are used.
    guardApp(app as unknown as App, () => ownPageRules(keep), keep);
    return { app, log };
  }

  it.each([
    ['certificate-error', [{}, 'https://x', 'ERR_CERT', {}], [false]],
    ['select-client-certificate', [{}, 'https://x', []], []],
    ['login', [{}, {}, {}], []],
  ])('refuses at %s', (name, args, answer) => {
    const event = cancellable();
    const { given, answer: record } = answers();
    guardedApp().app.emit(name, event, ...args, record);
    expect(event.cancelled).toBe(true);
    expect(given).toEqual([answer]);
  });

  function guardedPage() {
    const { app, log } = guardedApp();
    let openWindow: (details: { url: string }) => unknown = () => undefined;
    const page = Object.assign(new EventEmitter(), {
      getURL: () => ours,
      loaded: [] as string[],
      loadURL: async (url: string) => {
        page.loaded.push(url);
      },
      setWindowOpenHandler: (handler: typeof openWindow) => {
        openWindow = handler;
      },
    });
    app.emit('web-contents-created', {}, page as unknown as WebContents);
    return { page, log, open: (url: string) => openWindow({ url }) };
  }

  it.each(['will-frame-navigate', 'will-redirect'])('refuses %s but to the start page', (name) => {
    const { page, log } = guardedPage();
    const away = cancellable({ url: 'https://evil.example/' });
    page.emit(name, away);
    const home = cancellable({ url: ours });
    page.emit(name, home);
    expect([away.cancelled, home.cancelled]).toEqual([true, false]);
    expect(log).toHaveLength(1);
  });

  it('brings a page back that left unasked', () => {
    const { page, log } = guardedPage();
    page.emit('did-navigate', {}, ours);
    expect(page.loaded).toEqual([]);
    page.emit('did-navigate', {}, 'about:blank');
    expect(page.loaded).toEqual([ours]);
    expect(log).toHaveLength(1);
  });

  it('attaches no webview', () => {
    const event = cancellable();
    guardedPage().page.emit('will-attach-webview', event, {}, {});
    expect(event.cancelled).toBe(true);
  });

  it('chooses no Bluetooth device', () => {
    const event = cancellable();
    const { given, answer } = answers();
    guardedPage().page.emit('select-bluetooth-device', event, [{ deviceId: '1' }], answer);
    expect(event.cancelled).toBe(true);
    expect(given).toEqual([['']]);
  });

  it.each([ours, 'https://evil.example/', 'about:blank'])('opens no window on %s', (url) => {
    expect(guardedPage().open(url)).toEqual({ action: 'deny' });
  });
});
