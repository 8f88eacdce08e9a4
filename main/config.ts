import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Launch, readLaunchFile } from './launch-file.ts';

export type Config = {
  launch: Launch | null;
  /** `allow`: a machine without a keychain keeps the identity in memory without asking first. */
  memoryVault: 'ask' | 'allow';
  /** Folder for a picture of the window after each change of state. */
  screenshots: string | null;
  /** Folder of this terminal's profile, where it is not the usual one of the user. */
  userData: string | null;
  /** Chromium's `--no-sandbox`: without it nothing starts as root on Linux. */
  sandboxed: boolean;
};

export type ConfigSource = {
  /** The arguments after the program's name; Chromium's own switches are among them. */
  argv: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  /** null on Windows. */
  uid: number | null;
};

/** Reads the command line and the launch file. @throws config-unreadable, config-invalid */
export function readConfig({ argv, env, uid }: ConfigSource): Config {
  const launchFile = env.PORTHOLE_LAUNCH_FILE;
  const launch = launchFile ? readLaunchFile(launchFile, uid) : null;
  return {
    launch,
    memoryVault: launch === null || launch.demo === null ? (launch?.memoryVault ?? 'ask') : 'allow',
    ...readSwitches(argv),
  };
}

function readSwitches(argv: readonly string[]): Omit<Config, 'launch' | 'memoryVault'> {
  const { values } = parseArgs({
    args: [...argv],
    // Chromium has switches of its own, which are not ours to judge.
    strict: false,
    options: {
      screenshots: { type: 'string' },
      'user-data-dir': { type: 'string' },
      'no-sandbox': { type: 'boolean' },
    },
  });
  return {
    screenshots: folder(values.screenshots),
    userData: folder(values['user-data-dir']),
    sandboxed: values['no-sandbox'] !== true,
  };
}

/** A switch without a value is `true`, and an empty one would mean the working directory. */
function folder(value: string | boolean | undefined): string | null {
  return typeof value === 'string' && value !== '' ? resolve(value) : null;
}
