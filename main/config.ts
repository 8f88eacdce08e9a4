import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Launch, readLaunchFile } from './launch-file.ts';
import { machineConfigFolder, readMachinePolicy } from './machine-policy.ts';
import type { FileUser } from './trusted-file.ts';
import type { VaultPolicy } from './vault/order.ts';

export type Config = {
  launch: Launch | null;
  /** What the machine's administrator says, or else whoever started the terminal. */
  vault: VaultPolicy;
  /** What the administrator says of leaving the broker; see MachinePolicy. */
  forget: 'allowed' | 'refused' | null;
  /** `memory`: where no vault can be used the identity is kept in memory without asking first. */
  whenVaultUnusable: 'ask' | 'memory';
  /** Who runs the terminal. */
  user: FileUser;
  /** Where an administrator lays out how this terminal enrolls by itself. */
  enrollFile: string;
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
  platform: NodeJS.Platform;
  user: FileUser;
};

/**
 * Reads the command line, the launch file, and what the administrator says of this machine.
 * @throws config-unreadable, config-invalid
 */
export function readConfig({ argv, env, platform, user }: ConfigSource): Config {
  const folder = machineConfigFolder(env, platform);
  const launchFile = env.PORTHOLE_LAUNCH_FILE;
  const policy = readMachinePolicy(folder, user);
  const launch = launchFile ? readLaunchFile(launchFile, user) : null;
  return {
    launch,
    user,
    vault: policy.vault ?? launch?.vault ?? 'auto',
    forget: policy.forget ?? null,
    whenVaultUnusable: launch?.demo ? 'memory' : 'ask',
    enrollFile: join(folder, 'enroll.json'),
    ...readSwitches(argv),
  };
}

type Switches = Pick<Config, 'screenshots' | 'userData' | 'sandboxed'>;

function readSwitches(argv: readonly string[]): Switches {
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
