import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  app,
  BrowserWindow,
  clipboard,
  ipcMain,
  Menu,
  nativeTheme,
  type Session,
  screen,
  session,
  WebContentsView,
} from 'electron';
import { appScheme } from '../src/contract/app-origin.ts';
import { systemClock } from '../src/contract/clock.ts';
import { runDemo } from '../src/terminal/demo.ts';
import type { SelfEnrollment } from '../src/terminal/enrolling.ts';
import { createTerminal, type Terminal } from '../src/terminal/terminal.ts';
import { createAppProtocol } from './app-protocol.ts';
import { createBrokerNetwork } from './broker-network.ts';
import { createCallHandlers } from './call-handlers.ts';
import { clipboardsOf } from './clipboards.ts';
import type { Config } from './config.ts';
import { CopiedHere } from './copied-here.ts';
import { describeDevice } from './device.ts';
import { readEnrollFile } from './enroll-file.ts';
import { EnrollmentRecord } from './enrollment-record.ts';
import { pushState, registerCalls } from './ipc.ts';
import { LeaveNothing } from './leave-nothing.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Log } from './log.ts';
import { applicationMenu } from './menu.ts';
import { cameraOf, Screenshots } from './screenshots.ts';
import { guardApp, guardSession } from './security/guards.ts';
import { ownPageRules, ownSessionRules } from './security/own-page.ts';
import { SettingsStore } from './settings.ts';
import { createDemoTypist } from './sign-in/demo-typist.ts';
import { signInPageRules } from './sign-in/sign-in-page-rules.ts';
import { SignInSession } from './sign-in/sign-in-session.ts';
import { openSignInView } from './sign-in/sign-in-view.ts';
import { createSignInWindow } from './sign-in/sign-in-window.ts';
import { systemLanguage } from './system-language.ts';
import { keychainAccount, openVault, vaultFacts } from './vault/vaults.ts';
import { backgrounds, openWindow } from './window.ts';

type AppDeps = { config: Config; lifecycle: Lifecycle; log: Log };

/** Folder of what the build made: this file is `out/main/index.js` by then. */
const built = join(import.meta.dirname, '..');

const icon = join(built, 'main', 'icon.png');

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

  const { choice, kept } = await chooseVault(config, log);
  const record = new EnrollmentRecord({
    file: join(app.getPath('userData'), 'enrollment.json'),
    log,
  });
  const device = describeDevice({ root: '/', version: app.getVersion() });
  const ownLanguage = systemLanguage(app.getPreferredSystemLanguages());
  const network = createBrokerNetwork({
    createSession: (name) => session.fromPartition(name),
    now: Date.now,
  });
  const signInSession = new SignInSession({
    create: (name) => session.fromPartition(name),
    // Identity providers build their pages of what is on hosts of others.
    judge: (pages, origins) => network.judge(pages, origins, 'system'),
    isStale: network.isStale,
    log,
  });
  const terminal = createTerminal({
    ...choice,
    clock: systemClock,
    random: Math.random,
    network,
    // The window is there before the terminal starts, and nobody signs in before that.
    signInWindow: createSignInWindow({
      session: signInSession,
      openView: (pages) =>
        openSignInView({
          window,
          createView: (options) => new WebContentsView(options),
          session: pages,
          cancel: () => cancelSignIn(terminal, log),
          background: backgroundColour(),
          zoomFactor: settings.preferences.textSize / 100,
          log,
        }),
      typist: demoTypist(config, log),
    }),
    device,
    language: () => settings.preferences.language ?? ownLanguage,
    offer: config.launch === null ? null : { broker: config.launch.broker },
    vacated: () => leaveNothing.cleared,
    unattended: selfEnrollment(config, kept, record),
    log: (entry) => {
      const { event, ...fields } = entry;
      log({ level: fields.problem === undefined ? 'info' : 'warn', message: event, ...fields });
    },
  });
  lifecycle.own(terminal);

  const signInPages = signInPageRules(signInSession);
  const ownPages = ownPageRules(log);
  guardApp(app, (page) => (signInSession.owns(page.session) ? signInPages : ownPages), log);
  const pages = openPageSession(terminal, log);
  network.judge(pages, [], 'refused');
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
    background: backgroundColour(),
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
          systemLanguage: ownLanguage,
          terminalName: device.name,
          vault: choice.vault.kind,
        },
        managed: () => isManaged(config, record),
      }),
      page: () => (window.isDestroyed() ? null : window.webContents),
      log,
    }),
  );
  lifecycle.own(terminal.onState(record.follow));
  lifecycle.own(
    terminal.onState((state) => {
      if (!window.isDestroyed()) pushState(window.webContents, state, log);
    }),
  );
  const clipboards = clipboardsOf(clipboard, process.platform);
  const copied = new CopiedHere({ clipboards, window, log });
  lifecycle.own(copied);
  const leaveNothing = new LeaveNothing({ page: pages, copied, log });
  lifecycle.own(terminal.onState(leaveNothing.follow));
  if (config.screenshots !== null) takeScreenshots(config.screenshots, window, terminal, log);
  if (config.launch?.demo) lifecycle.own(runDemo(terminal));
  // A native call to the keychain that is cut off may take the process with it.
  lifecycle.run(window, async () => {
    await Promise.all([leaveNothing.end(), terminal.settled()]);
  });
  terminal.start();
}

async function chooseVault({ vault: policy, whenVaultUnusable, user }: Config, log: Log) {
  const profile = app.getPath('userData');
  const deps = {
    profile,
    account: keychainAccount(profile, join(app.getPath('appData'), app.name)),
    load: async () => (await import('keytar')).default,
    env: process.env,
    log,
  };
  const facts = vaultFacts({ policy, ...deps });
  const choice = await openVault({ facts, whenUnusable: whenVaultUnusable, user, ...deps });
  log({ level: 'info', message: 'vault chosen', vault: choice.vault.kind, why: choice.why });
  return { choice, kept: facts.kept !== null };
}

/**
 * How this terminal enrolls by itself. The administrator's file is not looked for where an identity
 * is kept: a token that is no longer good, or no longer there, is nothing to an enrolled terminal.
 */
function selfEnrollment(
  { launch, enrollFile, user }: Config,
  kept: boolean,
  record: EnrollmentRecord,
): SelfEnrollment | null {
  if (launch?.enroll) return { broker: launch.broker, ...launch.enroll, replaces: true };
  const laidOut = kept ? null : record.admit(readEnrollFile(enrollFile, user));
  return laidOut === null ? null : { ...laidOut, replaces: false };
}

function isManaged({ forget, enrollFile }: Config, record: EnrollmentRecord): boolean {
  if (forget !== null) return forget === 'refused';
  return record.byAdministrator || existsSync(enrollFile);
}

function demoTypist({ launch }: Config, log: Log) {
  return launch?.demo
    ? createDemoTypist({ account: launch.demo, broker: launch.broker, log })
    : null;
}

/** By the keyboard from within the page, where the renderer's own way out cannot hear it. */
function cancelSignIn(terminal: Terminal, log: Log): void {
  terminal.cancel().catch((error: unknown) => {
    log({ level: 'warn', message: 'the sign-in cannot be left now', error });
  });
}

function backgroundColour(): string {
  return backgrounds[nativeTheme.shouldUseDarkColors ? 'dark' : 'light'];
}

/** The session of our page: in memory, so that nothing of the person stays on the terminal. */
function openPageSession(terminal: Terminal, log: Log): Session {
  const pages = session.fromPartition('pages', { cache: false });
  guardSession(
    pages,
    ownSessionRules(() => terminal.streamOrigin),
    log,
  );
  // Nothing uses the default session, and nothing shall.
  guardSession(
    session.defaultSession,
    ownSessionRules(() => null),
    log,
  );
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
