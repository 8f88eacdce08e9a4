import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { _electron, type ElectronApplication, type Page } from '@playwright/test';
import { keychainAccount } from '../../main/vault/vaults.ts';
import type { AsyncDisposable } from '../../src/contract/disposable.ts';
import { runSuccessfully } from '../../src/desktops/command.ts';
import { until } from '../fakes/until.ts';
import type { Display } from './display.ts';
import { type Keyring, startKeyring } from './keyring.ts';

/** What the enroll screen finds filled in, and whether the demo runs by itself. */
export type Launch = {
  broker: string;
  /** Enrolls by itself; null leaves that to the person and an administrator. */
  enroll: { token: string; ca: string } | null;
  demo: { username: string; password: string } | null;
};

/**
 * A terminal: the packaged app with a profile and a keychain of its own, both of which stay when
 * the app is closed and opened again.
 */
export class TestTerminal implements AsyncDisposable {
  readonly #home: string;
  readonly #keyring: Keyring;
  readonly #display: Display;
  #running: { app: ElectronApplication; page: Page } | null = null;

  private constructor(home: string, keyring: Keyring, display: Display) {
    this.#home = home;
    this.#keyring = keyring;
    this.#display = display;
  }

  static async create(display: Display): Promise<TestTerminal> {
    const home = await mkdtemp(path.join(tmpdir(), 'terminal-'));
    return new TestTerminal(home, await startKeyring(), display);
  }

  /** Everything that this terminal may write to, but its keychain. */
  get home(): string {
    return this.#home;
  }

  /** What the keychain holds, as the app has it. */
  async readVault(): Promise<string> {
    const reader = path.join(import.meta.dirname, 'vault-process.ts');
    const env = { ...process.env, ...this.#keyring.env };
    // Never the profile that is usual for the user.
    const account = keychainAccount(this.#profile, '');
    return runSuccessfully(process.execPath, [reader, 'read', '', account], { env });
  }

  get page(): Page {
    return this.#opened.page;
  }

  get app(): ElectronApplication {
    return this.#opened.app;
  }

  async open(launch: Launch | null = null): Promise<Page> {
    const app = await _electron.launch({
      executablePath: packagedApp(),
      args: [
        `--user-data-dir=${this.#profile}`,
        // Chromium's sandbox refuses to start as root, which is what a container's user is.
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      ],
      env: {
        ...process.env,
        ...this.#keyring.env,
        ...this.#folders,
        DISPLAY: this.#display.name,
        LANG: 'en_US.UTF-8',
        ...(launch === null ? {} : { PORTHOLE_LAUNCH_FILE: await this.#writeLaunch(launch) }),
      },
    });
    const page = await app.firstWindow();
    this.#running = { app, page };
    return page;
  }

  /** The broker's page in the sign-in window, once it is there. */
  async signInPage(): Promise<Page> {
    const { app, page } = this.#opened;
    const context = app.context();
    const isSignIn = (one: Page) => one !== page && one.url().startsWith('https:');
    const found = () => context.pages().find(isSignIn) ?? null;
    await until('the sign-in page is open', async () => found() !== null);
    const opened = found();
    if (opened === null) throw new Error('the sign-in page went away');
    return opened;
  }

  async close(): Promise<void> {
    await this.#running?.app.close();
    this.#running = null;
  }

  async dispose(): Promise<void> {
    await this.close();
    await this.#keyring.dispose();
    await rm(this.#home, { recursive: true, force: true });
  }

  get #profile(): string {
    return path.join(this.#home, 'profile');
  }

  get #opened(): { app: ElectronApplication; page: Page } {
    if (this.#running === null) throw new Error('the terminal is not open');
    return this.#running;
  }

  /** Where programs are used to write, so that nothing of it is anywhere else. */
  get #folders(): Record<string, string> {
    return {
      HOME: this.#home,
      TMPDIR: this.#home,
      XDG_CACHE_HOME: path.join(this.#home, 'cache'),
      XDG_CONFIG_HOME: path.join(this.#home, 'config'),
      XDG_STATE_HOME: path.join(this.#home, 'state'),
    };
  }

  async #writeLaunch(launch: Launch): Promise<string> {
    const file = path.join(this.#home, 'launch.json');
    await writeFile(file, JSON.stringify(launch), { mode: 0o600 });
    return file;
  }
}

function packagedApp(): string {
  const executable = process.env.PORTHOLE_PACKAGED_APP;
  if (executable === undefined) {
    throw new Error('PORTHOLE_PACKAGED_APP names no packaged app; run this through npm');
  }
  return executable;
}
