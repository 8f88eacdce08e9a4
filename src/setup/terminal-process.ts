import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Child, startChild } from './child.ts';
import type { ElectronRuntime } from './electron-distribution.ts';
import type { Locations } from './locations.ts';

/** What the terminal is told of the broker that it was started with. */
export type Launch = {
  broker: string;
  /** Enrolls by itself; null leaves that to the person and an administrator. */
  enroll: { token: string; ca: string } | null;
  /** Signs in by itself and opens the first desktop; null leaves that to the person. */
  demo: { username: string; password: string } | null;
};

type TerminalOptions = {
  locations: Locations;
  electron: ElectronRuntime;
  /** Folder of the built app. */
  app: string;
  launch: Launch | null;
  /** Folder of its profile; null for the one that is usual for the user. */
  profile: string | null;
  env: NodeJS.ProcessEnv;
  /** Folder for a picture of the window at each change. */
  pictures: string | null;
};

export function terminalLog({ state }: Locations): string {
  return join(state, 'terminal.log');
}

/**
 * Starts the terminal. The launch file holds secrets: the terminal removes it once it has read it,
 * and should it never come so far, it goes when the terminal is disposed of.
 */
export async function startTerminal(options: TerminalOptions): Promise<Child> {
  const { locations, electron, app, launch, profile, env, pictures } = options;
  await mkdir(locations.state, { recursive: true, mode: 0o700 });
  const launchFile = launch === null ? null : await writeLaunchFile(locations, launch);
  const switches = [
    ...(needsNoSandbox() ? ['--no-sandbox'] : []),
    ...(profile === null ? [] : [`--user-data-dir=${profile}`]),
    ...(pictures === null ? [] : [`--screenshots=${pictures}`]),
  ];
  const child = await startChild(electron.executable, [app, ...switches], {
    cwd: app,
    env: launchFile === null ? env : { ...env, PORTHOLE_LAUNCH_FILE: launchFile },
    log: terminalLog(locations),
  });
  return {
    ...child,
    dispose: async () => {
      await child.dispose();
      if (launchFile !== null) await rm(launchFile, { force: true });
    },
  };
}

/** Chromium refuses to run as root with its sandbox. */
export function needsNoSandbox(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0;
}

async function writeLaunchFile({ runtime }: Locations, launch: Launch): Promise<string> {
  await mkdir(runtime, { recursive: true, mode: 0o700 });
  const file = join(runtime, `launch-${process.pid}.json`);
  // `wx`: a file that somebody else put there is not written into.
  await rm(file, { force: true });
  await writeFile(file, JSON.stringify({ ...launch, once: true }), { mode: 0o600, flag: 'wx' });
  return file;
}
