import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'vite';
import type { LogEntry } from '../../main/log.ts';
import type { AsyncDisposable } from '../../src/contract/disposable.ts';
import type { SignInOrigin } from '../../src/contract/identity.ts';
import type { SignInRequest } from '../../src/terminal/sign-in-window.ts';
import { electronOfThisMachine } from './built-app.ts';

/** What the app of sign-in-main.ts can be told. */
export type SignInCommand =
  | { kind: 'open'; request: SignInRequest }
  | { kind: 'cancel' | 'crash' | 'look' }
  | { kind: 'run'; script: string }
  | { kind: 'press'; at: 'page' | 'strip'; key: string }
  | { kind: 'resize'; width: number; height: number };

export type SignInApp = AsyncDisposable & {
  /** What it has logged so far. */
  readonly log: readonly LogEntry[];
  readonly profile: string;
  tell(command: SignInCommand): Promise<unknown>;
  quit(): Promise<void>;
};

/** Builds sign-in-main.ts as the main process is built. */
export async function buildSignInApp(): Promise<AsyncDisposable & { readonly folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'porthole-sign-in-'));
  await build({
    configFile: false,
    logLevel: 'warn',
    ssr: { noExternal: true },
    build: {
      ssr: join(import.meta.dirname, 'sign-in-main.ts'),
      outDir: folder,
      emptyOutDir: true,
      target: 'node20',
      rolldownOptions: {
        external: ['electron'],
        output: { format: 'es', entryFileNames: 'index.js', codeSplitting: false },
      },
    },
  });
  await writeFile(join(folder, 'strip.html'), '<!doctype html><button>Cancel</button>');
  const manifest = { name: 'sign-in', version: '1.0.0', type: 'module', main: 'index.js' };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  return { folder, dispose: () => rm(folder, { recursive: true, force: true }) };
}

/** Starts it; a line of standard error that is no JSON is Chromium's. */
export async function startSignInApp(options: {
  folder: string;
  display: string;
  broker: SignInOrigin;
  account?: { username: string; password: string };
}): Promise<SignInApp> {
  const { executable } = await electronOfThisMachine();
  const profile = await mkdtemp(join(tmpdir(), 'porthole-profile-'));
  const child = spawn(executable, [options.folder, '--no-sandbox'], {
    env: {
      ...process.env,
      DISPLAY: options.display,
      SIGN_IN_PROFILE: profile,
      SIGN_IN_BROKER: JSON.stringify(options.broker),
      SIGN_IN_ACCOUNT: JSON.stringify(options.account ?? null),
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  const log: LogEntry[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (line.startsWith('{"time"')) log.push(JSON.parse(line));
  });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const waitFor = (id: number) => {
    const answer = Promise.withResolvers<unknown>();
    waiting.set(id, answer);
    return answer.promise;
  };
  const ready = waitFor(0);
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id, value, error } = JSON.parse(line);
    if (error === undefined) waiting.get(id)?.resolve(value);
    else waiting.get(id)?.reject(new Error(error));
  });
  void ended.then(() => {
    for (const { reject } of waiting.values()) reject(new Error('the app has ended'));
  });
  await ready;
  let last = 0;
  const quit = async () => {
    child.stdin.end();
    await ended;
  };
  return {
    log,
    profile,
    tell(command) {
      last += 1;
      child.stdin.write(`${JSON.stringify({ id: last, ...command })}\n`);
      return waitFor(last);
    },
    quit,
    async dispose() {
      await quit();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
