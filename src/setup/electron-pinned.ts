import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { runCommand } from '../desktops/command.ts';
import { watchBytes } from './download-progress.ts';
import type { RuntimeSearch } from './electron-distribution.ts';
import { executableName } from './executable-name.mjs';

type PinnedElectron =
  | { kind: 'found'; dir: string; version: string }
  /** `why` completes "because …". */
  | { kind: 'unavailable'; why: string };

/** `tookTime`: seconds or more, which the next start had better not spend again. */
type Failure = { problem: string; tookTime: boolean };

const packageSchema = z.object({ version: z.string() });
const failureSchema = z.strictObject({ triedAt: z.number(), why: z.string() });

const retryAfterMs = 24 * 60 * 60 * 1000;
const answerLimitMs = 8_000;
const downloadLimitMs = 30 * 60 * 1000;

/**
 * The version of the `electron` package. Since version 42 the package downloads its binary when it
 * is first wanted rather than when installed, so that is done here. A failure that took its time is
 * remembered for a day: a network that does not reach the download would cost each start some
 * seconds. A server that answers with anything else is asked again, since that costs nothing.
 */
export async function findPinnedElectron(search: RuntimeSearch): Promise<PinnedElectron> {
  const folder = join(search.root, 'node_modules/electron');
  const { version } = packageSchema.parse(
    JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')),
  );
  const found = { kind: 'found', dir: join(folder, 'dist'), version } as const;
  if (await isInstalled(found.dir, version)) return found;
  const notHere = `the pinned version ${version} is not on this machine`;
  if (search.network === 'forbidden') return { kind: 'unavailable', why: notHere };

  const failureFile = join(search.cache, 'electron', `unreachable-${version}.json`);
  const earlier = await rememberedFailure(failureFile, search.now());
  if (earlier !== null) return { kind: 'unavailable', why: earlier };

  const failure = await download(folder, version, search);
  if (failure === null && (await isInstalled(found.dir, version))) return found;
  const { problem, tookTime } = failure ?? { problem: 'incomplete', tookTime: true };
  const why = `the pinned version ${version} cannot be downloaded (${problem})`;
  if (tookTime) {
    await mkdir(join(search.cache, 'electron'), { recursive: true });
    await writeFile(failureFile, JSON.stringify({ triedAt: search.now(), why }));
  }
  return { kind: 'unavailable', why };
}

async function isInstalled(dist: string, version: string): Promise<boolean> {
  const versionFile = join(dist, 'version');
  if (!existsSync(versionFile) || !existsSync(join(dist, executableName()))) return false;
  return (await readFile(versionFile, 'utf8')).trim().replace(/^v/, '') === version;
}

async function rememberedFailure(file: string, now: number): Promise<string | null> {
  if (!existsSync(file)) return null;
  const parsed = failureSchema.safeParse(parseJson(await readFile(file, 'utf8')));
  if (!parsed.success || now - parsed.data.triedAt > retryAfterMs) return null;
  return parsed.data.why;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // a note cut short by a crash is no note: the download is simply tried again
  }
}

/** @returns what went wrong, or null */
async function download(
  folder: string,
  version: string,
  { env, progress }: RuntimeSearch,
): Promise<Failure | null> {
  const mirror = env.ELECTRON_MIRROR ?? 'https://github.com/electron/electron/releases/download/';
  const archive = `electron-v${version}-${process.platform}-${process.arch}.zip`;
  const size = await sizeOf(`${mirror}v${version}/${archive}`);
  if (typeof size !== 'number') return size;
  const bar = progress.begin(`Downloading Electron ${version}`);
  // Electron's installer downloads into the temporary folder: in one of its own it can be watched.
  const temporary = await mkdtemp(join(folder, '.download-'));
  const watch = watchBytes(temporary, size, (fraction) => bar.update(fraction));
  try {
    const { exitCode, stderr } = await runCommand(process.execPath, [join(folder, 'install.js')], {
      env: { ...env, TMPDIR: temporary },
      timeoutMs: downloadLimitMs,
    });
    if (exitCode === 0) {
      bar.done();
      return null;
    }
    bar.fail();
    return { problem: stderr.trim().split('\n')[0] || 'its installer failed', tookTime: true };
  } finally {
    watch.dispose();
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Size of a file on the web in bytes, or why it cannot be had. */
async function sizeOf(url: string): Promise<number | Failure> {
  const { host } = new URL(url);
  try {
    const signal = AbortSignal.timeout(answerLimitMs);
    const answer = await fetch(url, { method: 'HEAD', signal });
    if (!answer.ok) return { problem: `${host} answered ${answer.status}`, tookTime: false };
    return Number(answer.headers.get('content-length') ?? Number.NaN);
  } catch {
    // fetch fails in one way for all of DNS, TCP, TLS and time.
    return { problem: `${host} is not reachable`, tookTime: true };
  }
}
