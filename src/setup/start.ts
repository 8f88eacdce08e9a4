import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { keysFolder } from '../broker/tls/key-files.ts';
import type { AsyncDisposable } from '../contract/disposable.ts';
import { CodedError } from '../contract/errors.ts';
import { brokerLog, startBrokerProcess } from './broker-process.ts';
import { type Demo, prepareDemo } from './demo.ts';
import { probeDisplay } from './doctor/machine.ts';
import { startHeadlessDisplay } from './headless-display.ts';
import type { Locations } from './locations.ts';
import { watchPictures } from './pictures.ts';
import type { Progress } from './progress.mjs';
import type { Setup } from './setup.ts';
import { needsNoSandbox, startTerminal, terminalLog } from './terminal-process.ts';

type StartOptions = {
  byHand?: boolean;
  headless?: boolean;
  once?: boolean;
  /** Folder; used with `headless`. */
  pictures: string;
  port: number;
};

type StartDeps = {
  setup: Setup;
  env: NodeJS.ProcessEnv;
  progress: Progress;
  /** Aborts when the person wants it all to end. */
  signal: AbortSignal;
};

/** How the demo came to its end. */
type Ending = 'asked' | 'terminal-closed' | 'shown' | { fault: string };

/** From the app's start to a painted desktop, on the slowest machine that is reasonable. */
const shownLimitMs = 180_000;

/**
 * Starts a broker and a terminal that shows the demo desktop, and keeps both until the person has
 * had enough. Nothing that was started is left behind.
 * @returns exit code
 * @throws display-missing and whatever keeps the parts from being made ready or started
 */
export async function start(options: StartOptions, deps: StartDeps): Promise<number> {
  const started: AsyncDisposable[] = [];
  try {
    const ending = await run(options, deps, started);
    if (typeof ending === 'string') return 0;
    throw new CodedError('command-failed', { detail: ending.fault });
  } finally {
    for (const one of started.reverse()) await one.dispose();
  }
}

async function run(
  { byHand = false, headless = false, once = false, pictures, port }: StartOptions,
  { setup, env: ownEnv, progress, signal }: StartDeps,
  started: AsyncDisposable[],
): Promise<Ending> {
  const { locations } = setup;
  const keep = <T extends AsyncDisposable>(one: T): T => {
    started.push(one);
    return one;
  };
  if (!headless) await requireDisplay(ownEnv);
  const electron = await setup.electron();
  const image = await setup.image();
  const app = await setup.app();
  if (signal.aborted) return 'asked';

  const env = headless
    ? { ...ownEnv, DISPLAY: keep(await startHeadlessDisplay(locations, ownEnv)).name }
    : ownEnv;
  const broker = keep(await startBrokerProcess({ locations, env, port }));
  const demo = await prepareDemo(locations, image.manifest.name);
  introduce(broker.url, demo, progress);
  if (byHand) await explainApproval(broker.url, demo, locations, progress);

  const folder = headless || once ? resolve(pictures) : null;
  const shown = folder === null ? null : await watchPictures(folder, progress);
  if (shown !== null) started.push({ dispose: async () => shown.dispose() });
  warnOfRoot(progress);
  const [first = null] = demo.users;
  const launch = {
    broker: broker.url,
    enroll: byHand ? null : { token: demo.enrollmentToken, ca: broker.ca },
    demo: byHand ? null : first,
  };
  const { demoProfile: profile } = locations;
  const terminal = keep(
    await startTerminal({ locations, electron, app, launch, profile, env, pictures: folder }),
  );
  progress.note('The terminal is running. Close it, or press Ctrl-C, to end everything.');

  return Promise.race([
    aborted(signal),
    broker.ended.then((how) => ({ fault: `the broker ${how}; see ${brokerLog(locations)}` })),
    terminal.ended.then((how) =>
      how === 'ended with code 0'
        ? ('terminal-closed' as const)
        : { fault: `the terminal ${how}; see ${terminalLog(locations)}` },
    ),
    ...(once && shown !== null ? [withinLimit(shown.desktop)] : []),
  ]);
}

async function requireDisplay(env: NodeJS.ProcessEnv): Promise<void> {
  const { ok, found } = await probeDisplay(env);
  if (!ok) throw new CodedError('display-missing', { detail: found });
}

function introduce(url: string, { users }: Demo, progress: Progress): void {
  const lines = [
    '',
    `  Broker  ${url}`,
    ...users.map(({ username, password }) => `  User    ${username}  ${password}`),
    '',
  ];
  for (const line of lines) progress.note(line);
}

/** What an administrator does when a terminal asks to be enrolled. */
async function explainApproval(
  url: string,
  { administrator }: Demo,
  { demoData }: Locations,
  progress: Progress,
): Promise<void> {
  const authority = new X509Certificate(await readFile(join(keysFolder(demoData), 'ca.pem')));
  const lines = [
    `  Approve the terminal at ${url}/enroll, signed in as ${administrator}, or with`,
    `  npx porthole admin --data-dir "${demoData}" enroll approve CODE`,
    '',
    '  The browser warns of a certificate by an authority that it does not know: the broker made',
    `  one for itself. It is the right one (${url}/ca.pem) if its SHA-256 fingerprint is`,
    `  ${authority.fingerprint256}`,
    '',
  ];
  for (const line of lines) progress.note(line);
}

function warnOfRoot(progress: Progress): void {
  if (!needsNoSandbox()) return;
  progress.note('Warning: as root the terminal runs without its sandbox (--no-sandbox).');
}

function aborted(signal: AbortSignal): Promise<'asked'> {
  return new Promise((settle) => {
    if (signal.aborted) settle('asked');
    signal.addEventListener('abort', () => settle('asked'), { once: true });
  });
}

async function withinLimit(desktop: Promise<void>): Promise<Ending> {
  const limit = new Promise<Ending>((settle) => {
    const seconds = shownLimitMs / 1000;
    setTimeout(settle, shownLimitMs, { fault: `no desktop was shown in ${seconds} s` }).unref();
  });
  return Promise.race([desktop.then(() => 'shown' as const), limit]);
}
