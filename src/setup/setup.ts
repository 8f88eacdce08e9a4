import { CodedError } from '../contract/errors.ts';
import type { StoredImage } from '../desktops/image-source.ts';
import { buildApp } from './app-build.ts';
import type { ElectronRuntime } from './electron-distribution.ts';
import { findElectron } from './electron-runtime.ts';
import { readyGuestImage } from './guest-image.ts';
import { type Locations, locationsOf } from './locations.ts';
import { packageApp, packageForTests } from './package.ts';
import type { Progress } from './progress.mjs';

/**
 * What Porthole is made ready with on this machine. Each part is made when it is first asked for,
 * shows its progress, and costs next to nothing when it is there already.
 */
export type Setup = {
  readonly locations: Locations;
  /** The Electron that runs the terminal; says once which it is. */
  electron(): Promise<ElectronRuntime>;
  /** The guest image of the demo, built and verified. */
  image(): Promise<StoredImage>;
  /** The app, built into `out/`. @returns the folder that Electron is started with */
  app(): Promise<string>;
  /** The packaged app for the end-to-end tests. @returns its executable */
  packagedApp(): Promise<string>;
  /** Packages for users. @param targets in electron-builder's words. @returns their folder */
  packages(targets: readonly string[]): Promise<string>;
};

type SetupDeps = {
  env: Readonly<Record<string, string | undefined>>;
  progress: Progress;
  /** With it nothing is fetched: what is missing is an error. */
  offline: boolean;
  signal: AbortSignal;
};

export function createSetup({ env, progress, offline, signal }: SetupDeps): Setup {
  const locations = locationsOf(env);
  const { root, cache } = locations;
  const electron = once(async () => {
    const network = offline ? 'forbidden' : 'allowed';
    const runtime = await findElectron({ env, root, cache, network, progress, now: Date.now });
    progress.note(runtime.line);
    return runtime;
  });
  return {
    locations,
    electron,
    image: once(() => readyGuestImage({ root, cache, offline, progress, signal })),
    app: once(async () => {
      await buildApp(root, progress);
      return root;
    }),
    packagedApp: once(async () => packageForTests({ root, electron: await electron(), progress })),
    packages: async (targets) =>
      packageApp({ root, electron: await electron(), progress }, targets),
  };
}

/**
 * For `--offline`: everything that would have to be fetched or is damaged, rather than the first
 * of it. @throws offline-missing, with all of it in one sentence; what is wrong, where it is alone
 */
export async function requireFetched(setup: Pick<Setup, 'electron' | 'image'>): Promise<void> {
  const tries = await Promise.allSettled([setup.electron(), setup.image()]);
  const faults = tries.flatMap((one) => {
    if (one.status === 'fulfilled') return [];
    if (one.reason instanceof CodedError) return [one.reason];
    throw one.reason;
  });
  const [first, ...more] = faults;
  if (first === undefined) return;
  // Alone it keeps its own code, and with that what to do about it.
  if (more.length === 0) throw first;
  const found = faults.map((fault) =>
    fault.code === 'offline-missing' ? (fault.detail ?? fault.message) : fault.message,
  );
  throw new CodedError('offline-missing', { detail: found.join('; ') });
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make();
    return made;
  };
}
