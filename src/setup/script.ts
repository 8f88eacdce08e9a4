import { runInForeground } from './foreground.ts';
import type { Setup } from './setup.ts';

type ScriptDeps = {
  setup: Setup;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
};

/**
 * Runs one of the project's own scripts on a machine made ready for it: image built, app packaged,
 * and the Electron in use told by ELECTRON_OVERRIDE_DIST_PATH.
 * @returns its exit code
 */
export async function runScript(
  file: string,
  args: readonly string[],
  { setup, env, signal }: ScriptDeps,
): Promise<number> {
  await setup.image();
  return runInForeground(process.execPath, [file, ...args], {
    cwd: setup.locations.root,
    env: { ...env, ...(await scriptEnvironment(setup)) },
    signal,
  });
}

/** What tests and scripts are told of the machine that was made ready for them. */
export async function scriptEnvironment(setup: Setup): Promise<Record<string, string>> {
  const { dir } = await setup.electron();
  return {
    ELECTRON_OVERRIDE_DIST_PATH: dir,
    PORTHOLE_APP: await setup.app(),
    PORTHOLE_PACKAGED_APP: await setup.packagedApp(),
  };
}
