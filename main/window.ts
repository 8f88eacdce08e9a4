import type { BrowserWindow, BrowserWindowConstructorOptions, Rectangle } from 'electron';
import type { Log } from './log.ts';
import { startPage } from './security/navigation.ts';
import type { SettingsStore } from './settings.ts';
import { boundsToOpen, smallestSize } from './window-bounds.ts';

/** The colour of the window before the page's first paint: `--ground` of the renderer's theme. */
export const backgrounds = { light: '#eaf2f4', dark: '#0b1722' } as const;

const productName = 'Porthole';

/** A page that crashes more often than this within a minute is not helped by loading it again. */
const mostCrashes = 3;
const crashWindowMs = 60_000;

type WindowDeps = {
  create(options: BrowserWindowConstructorOptions): BrowserWindow;
  /** Path of the built preload. */
  preload: string;
  icon: string | null;
  packaged: boolean;
  settings: SettingsStore;
  workAreas: () => Rectangle[];
  /** CSS colour until the page's first paint. */
  background: string;
  now: () => number;
  log: Log;
};

/** Every option that decides what the page can do, apart from how the window looks. */
export function pagePreferences(deps: { preload: string; packaged: boolean }) {
  return {
    preload: deps.preload,
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
    navigateOnDragDrop: false,
    safeDialogs: true,
    spellcheck: false,
    devTools: !deps.packaged,
    // A desktop goes on being shown, and its time limits counted, while the window is covered.
    backgroundThrottling: false,
  } as const;
}

/** Opens the window on the start page; it shows itself when there is something to see. */
export function openWindow(deps: WindowDeps): BrowserWindow {
  const window = deps.create({
    ...boundsToOpen(deps.settings.window, deps.workAreas()),
    minWidth: smallestSize.width,
    minHeight: smallestSize.height,
    show: false,
    title: productName,
    ...(deps.icon === null ? {} : { icon: deps.icon }),
    autoHideMenuBar: true,
    backgroundColor: deps.background,
    webPreferences: pagePreferences(deps),
  });
  if (deps.settings.window?.maximized) window.maximize();
  // The page's title is for its own document; the window keeps the product's name.
  window.on('page-title-updated', (event) => event.preventDefault());
  window.once('ready-to-show', () => window.show());
  window.on('close', () => rememberBounds(window, deps.settings));
  recoverFromCrashes(window, deps);
  load(window, deps.log);
  return window;
}

function rememberBounds(window: BrowserWindow, settings: SettingsStore): void {
  settings.setWindow({ ...window.getNormalBounds(), maximized: window.isMaximized() });
}

function recoverFromCrashes(window: BrowserWindow, { now, log }: WindowDeps): void {
  let crashes: number[] = [];
  window.webContents.on('render-process-gone', (_event, { reason, exitCode }) => {
    log({ level: 'error', message: 'the page crashed', reason, exitCode });
    crashes = [...crashes.filter((at) => now() - at < crashWindowMs), now()];
    if (reason === 'clean-exit' || crashes.length > mostCrashes || window.isDestroyed()) return;
    load(window, log);
  });
}

function load(window: BrowserWindow, log: Log): void {
  window.loadURL(startPage).catch((error: unknown) => {
    if (!window.isDestroyed()) log({ level: 'error', message: 'the page did not load', error });
  });
}
