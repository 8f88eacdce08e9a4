import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserWindow, BrowserWindowConstructorOptions } from 'electron';
import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../../main/log.ts';
import { SettingsStore } from '../../../main/settings.ts';
import { backgrounds, openWindow, pagePreferences } from '../../../main/window.ts';
import { temporaryFolder } from './temporary-folder.ts';

const path = temporaryFolder();

class FakeWindow extends EventEmitter {
  readonly webContents = new EventEmitter();
  readonly loaded: string[] = [];
  shown = false;
  maximized = false;
  show() {
    this.shown = true;
  }
  maximize() {
    this.maximized = true;
  }
  isMaximized() {
    return this.maximized;
  }
  isDestroyed() {
    return false;
  }
  getNormalBounds() {
    return { x: 1, y: 2, width: 800, height: 600 };
  }
  async loadURL(url: string) {
    this.loaded.push(url);
  }
}

function open({ dark = false, packaged = true } = {}) {
  const window = new FakeWindow();
  const options: BrowserWindowConstructorOptions[] = [];
  const log: LogEntry[] = [];
  const clock = { now: 0 };
  const settings = new SettingsStore({
    file: path('settings.json'),
    log: (entry) => log.push(entry),
    now: () => 0,
  });
  openWindow({
    create: (given) => {
      options.push(given);
      // Has what openWindow touches of a window.
      return window as unknown as BrowserWindow;
    },
    preload: '/app/preload.cjs',
    icon: null,
    packaged,
    settings,
    workAreas: () => [{ x: 0, y: 0, width: 1366, height: 728 }],
    background: backgrounds[dark ? 'dark' : 'light'],
    now: () => clock.now,
    log: (entry) => log.push(entry),
  });
  return { window, options, settings, clock };
}

describe('the page', () => {
  const preferences = pagePreferences({ preload: '/app/preload.cjs', packaged: true });

  it('is isolated, sandboxed and has nothing of Node', () => {
    expect(preferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      spellcheck: false,
    });
  });

  it('can be inspected in development only', () => {
    expect(preferences.devTools).toBe(false);
    expect(pagePreferences({ preload: '', packaged: false }).devTools).toBe(true);
  });
});

it('is not shown before there is something to see, and then in the colour of the theme', () => {
  const { window, options } = open({ dark: true });
  expect(options[0]).toMatchObject({ show: false, title: 'Porthole' });
  expect(options[0]?.backgroundColor).not.toBe(open().options[0]?.backgroundColor);
  expect(window.shown).toBe(false);
  window.emit('ready-to-show');
  expect(window.shown).toBe(true);
});

it('has the ground colour of the theme, so that nothing flashes', () => {
  const theme = join(import.meta.dirname, '../../../assets/theme/tokens.css');
  const { light, dark } = backgrounds;
  expect(readFileSync(theme, 'utf8')).toContain(`--ground: light-dark(${light}, ${dark});`);
});

it('opens again where it was closed', () => {
  const { window } = open();
  window.maximized = true;
  window.emit('close');
  const again = open();
  expect(again.options[0]).toMatchObject({ x: 1, y: 2, width: 800, height: 600 });
  expect(again.window.maximized).toBe(true);
});

it('loads a crashed page again, but not for ever', () => {
  const { window, clock } = open();
  const crash = () => {
    window.webContents.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 11 });
  };
  for (let count = 0; count < 5; count += 1) crash();
  expect(window.loaded).toEqual(Array(4).fill('porthole://app/'));
  clock.now += 60_000;
  crash();
  expect(window.loaded).toHaveLength(5);
});

it('leaves a page alone that ended as it should', () => {
  const { window } = open();
  window.webContents.emit('render-process-gone', {}, { reason: 'clean-exit', exitCode: 0 });
  expect(window.loaded).toHaveLength(1);
});
