import { hostname } from 'node:os';
import { join } from 'node:path';
import {
  app,
  BrowserWindow,
  ipcMain,
  Menu,
  nativeTheme,
  type Session,
  screen,
  session,
} from 'electron';
import { appScheme } from '../src/contract/app-origin.ts';
import { systemClock } from '../src/contract/clock.ts';
import { runDemo } from '../src/terminal/demo.ts';
import { createTerminal, type Terminal } from '../src/terminal/terminal.ts';
import { createAppProtocol } from './app-protocol.ts';
import { createCallHandlers } from './call-handlers.ts';
import type { Config } from './config.ts';
import { pushState, registerCalls } from './ipc.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Log } from './log.ts';
import { applicationMenu } from './menu.ts';
import { cameraOf, Screenshots } from './screenshots.ts';
import { guardApp, guardSession } from './security/guards.ts';
import { SettingsStore } from './settings.ts';
import { systemLanguage } from './system-language.ts';
import { chooseVault, type VaultChoice } from './vault/choose.ts';
import { createKeytarVault } from './vault/keytar.ts';
import { createMemoryVault } from './vault/memory.ts';
import { openWindow } from './window.ts';

type AppDeps = { config: Config; lifecycle: Lifecycle; log: Log };

/** Folder of what the build made: this file is `out/main/index.js` by then. */
const built = join(import.meta.dirname, '..');

const icon = join(built, 'main', 'icon.png');

/** People take their time to unlock a keychain; where memory will do, they may not be there. */
const keychainAnswersWithinMs = { ask: 120_000, allow: 10_000 } as const;

/** Puts the app together. Everything that lives as long as it does is made here, and only here. */
export async function startApp({ config, lifecycle, log }: AppDeps): Promise<void> {
  const settings = new SettingsStore({
    file: join(app.getPath('userData'), 'settings.json'),
    log,
    now: Date.now,
  });
  const applyTheme = (theme: 'light' | 'dark' | null) => {
    nativeTheme.themeSource = theme ?? 'system';
  };
  applyTheme(settings.preferences.theme);

  const choice = await chooseVault({
    keychain: createKeytarVault({
      load: async () => (await import('keytar')).default,
      clock: systemClock,
      answerWithinMs: keychainAnswersWithinMs[config.memoryVault],
    }),
    memory: createMemoryVault(),
    memoryVault: config.memoryVault,
  });
  const terminal = createTerminal(terminalDeps(config, choice, log));
  lifecycle.own(terminal);

  guardApp(app, log);
  const pages = openPageSession(terminal, log);
  Menu.setApplicationMenu(applicationMenu(process.platform, Menu));
  const window = openWindow({
    create: (options) =>
      new BrowserWindow({
        ...options,
        webPreferences: { ...options.webPreferences, session: pages },
      }),
    preload: join(built, 'preload', 'preload.cjs'),
    icon: process.platform === 'linux' ? icon : null,
    packaged: app.isPackaged,
    settings,
    workAreas: () => screen.getAllDisplays().map(({ workArea }) => workArea),
    isDark: () => nativeTheme.shouldUseDarkColors,
    now: Date.now,
    log,
  });
  lifecycle.own(
    registerCalls({
      ipcMain,
      handlers: createCallHandlers({
        terminal,
        settings,
        applyTheme,
        appInfo: {
          version: app.getVersion(),
          electron: process.versions.electron,
          systemLanguage: systemLanguage(app.getPreferredSystemLanguages()),
          terminalName: terminalName(),
          vault: choice.vault.kind,
        },
      }),
      page: () => (window.isDestroyed() ? null : window.webContents),
      log,
    }),
  );
  lifecycle.own(
    terminal.onState((state) => {
      if (!window.isDestroyed()) pushState(window.webContents, state, log);
    }),
  );
  if (config.screenshots !== null) takeScreenshots(config.screenshots, window, terminal, log);
  if (config.launch?.demo) lifecycle.own(runDemo(terminal, config.launch.demo));
  lifecycle.run(window);
  terminal.start();
}

function terminalDeps(config: Config, choice: VaultChoice, log: Log) {
  const { launch } = config;
  // In memory and apart from the page: no cookie, no cache, and the system's proxy and trust store.
  const brokerSession = session.fromPartition('broker');
  return {
    ...choice,
    clock: systemClock,
    random: Math.random,
    // Electron's fetch has the shape of the standard one for all that the terminal asks of it.
    fetch: brokerSession.fetch.bind(brokerSession) as typeof fetch,
    offer: launch === null ? null : { broker: launch.broker, code: launch.code },
    terminalName: terminalName(),
    log: (entry: { event: string; state: string; problem?: unknown }) => {
      const { event, ...fields } = entry;
      log({ level: fields.problem === undefined ? 'info' : 'warn', message: event, ...fields });
    },
  };
}

/** The session of our page: in memory, so that nothing of the person stays on the terminal. */
function openPageSession(terminal: Terminal, log: Log): Session {
  const pages = session.fromPartition('pages');
  guardSession(pages, { streamOrigin: () => terminal.streamOrigin, log });
  // Nothing uses the default session, and nothing shall.
  guardSession(session.defaultSession, { streamOrigin: () => null, log });
  pages.protocol.handle(
    appScheme,
    createAppProtocol({
      root: join(built, 'renderer'),
      picture: (sessionId) => terminal.picture(sessionId),
    }),
  );
  return pages;
}

function takeScreenshots(dir: string, window: BrowserWindow, terminal: Terminal, log: Log): void {
  const screenshots = new Screenshots({ dir, camera: cameraOf(window.webContents), log });
  // Not before the page can show a state; from then on with each.
  window.webContents.once('did-finish-load', () => {
    screenshots.follow(terminal.state);
    terminal.onState((state) => screenshots.follow(state));
  });
}

/** What administrators find this terminal by: the name of the machine. */
function terminalName(): string {
  return hostname().trim().slice(0, 80) || 'terminal';
}
