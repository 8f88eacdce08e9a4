import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Browser, chromium, type Page } from 'playwright';
import { build } from 'vite';
import type { LogEntry } from '../../main/log.ts';
import type { AsyncDisposable } from '../../src/contract/disposable.ts';
import { findElectron } from '../../src/setup/electron-runtime.ts';
import { locationsOf } from '../../src/setup/locations.ts';
import { createProgress } from '../../src/setup/progress.mjs';

/** The folder of a built app, with main and preload as users get them. */
export type BuiltApp = AsyncDisposable & { readonly folder: string };

/** @param renderer folder whose files stand in for the renderer */
export async function buildApp(renderer: string): Promise<BuiltApp> {
  const folder = await mkdtemp(join(tmpdir(), 'porthole-app-'));
  const { root } = locationsOf(process.env);
  for (const mode of ['main', 'preload'] as const) {
    const outDir = join(folder, 'out', mode);
    await build({
      mode,
      configFile: join(root, 'vite.config.ts'),
      logLevel: 'warn',
      build: { outDir },
    });
  }
  await cp(renderer, join(folder, 'out', 'renderer'), { recursive: true });
  await mkdir(join(folder, 'node_modules'));
  await symlink(join(root, 'node_modules', 'keytar'), join(folder, 'node_modules', 'keytar'));
  const manifest = { name: 'porthole', productName: 'Porthole', version: '0.1.0', type: 'module' };
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ ...manifest, main: 'out/main/index.js' }),
  );
  return { folder, dispose: () => rm(folder, { recursive: true, force: true }) };
}

export type Launched = {
  readonly process: ChildProcess;
  /** What it has logged so far. */
  readonly log: readonly LogEntry[];
  /** Exit code, once it has ended. */
  readonly ended: Promise<number | null>;
  /** Its one page, by a connection of its own. @throws when the app ends before it has one */
  page(): Promise<Page>;
  /** Asks it to quit, as a session of the system that ends does, and waits until it has. */
  quit(): Promise<number | null>;
};

export type LaunchOptions = {
  app: string;
  /** Folder of the profile. */
  profile: string;
  env: NodeJS.ProcessEnv;
  args?: readonly string[];
};

/**
 * Starts the app on the Electron of this machine. It is driven by the debugging port of its page,
 * which needs no fuse and no hook, so that what runs is exactly what users run.
 */
export async function launchApp({
  app,
  profile,
  env,
  args = [],
}: LaunchOptions): Promise<Launched> {
  const { executable } = await electronOfThisMachine();
  const switches = ['--no-sandbox', '--remote-debugging-port=0', `--user-data-dir=${profile}`];
  const child = spawn(executable, [app, ...switches, ...args], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const log: LogEntry[] = [];
  const port = Promise.withResolvers<string>();
  const ended = once(child, 'exit').then(([code]: (number | null)[]) => code ?? null);
  ended.then((code) => port.reject(new Error(`the app ended with ${code} before it had a page`)));
  // Nobody may ask for the page of an app that is meant to end at once.
  port.promise.catch(() => undefined);
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (line.startsWith('{')) log.push(JSON.parse(line));
    const address = /^DevTools listening on (ws:\S+)/.exec(line)?.[1];
    if (address !== undefined) port.resolve(address);
  });
  const connections: Browser[] = [];
  return {
    process: child,
    log,
    ended,
    async page() {
      const browser = await chromium.connectOverCDP(await port.promise);
      connections.push(browser);
      const [context] = browser.contexts();
      if (context === undefined) throw new Error('the app has no browser context');
      const page = context.pages()[0] ?? (await context.waitForEvent('page'));
      await page.waitForLoadState();
      return page;
    },
    async quit() {
      for (const browser of connections) await browser.close();
      child.kill('SIGTERM');
      return ended;
    },
  };
}

/** Without the network: the bootstrap has seen to it. */
export function electronOfThisMachine() {
  const { root, cache } = locationsOf(process.env);
  const progress = createProgress({ output: { write: () => true }, now: Date.now });
  const env = process.env;
  return findElectron({ env, root, cache, network: 'forbidden', progress, now: Date.now });
}
