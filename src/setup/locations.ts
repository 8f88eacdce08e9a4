import { homedir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultFolders } from '../broker/folders.ts';

/**
 * Where things are kept on this machine, by the XDG Base Directory Specification. All paths are
 * absolute; none of them needs to exist.
 */
export type Locations = {
  /** The checkout. */
  root: string;
  /** May be deleted at any time and is made again: images, the Electron runtime, probes. */
  cache: string;
  /** What the broker must not lose. */
  brokerData: string;
  /** The same of the demo's own broker: its users and passwords are never mixed with real ones. */
  demoData: string;
  /** The profile of the demo's terminal, which is not the terminal that this user works with. */
  demoProfile: string;
  /** Sockets and launch files; gone after a reboot. Short, since a socket's path is. */
  runtime: string;
  /** Logs and pictures of headless runs. */
  state: string;
};

type Env = Readonly<Record<string, string | undefined>>;

export function locationsOf(env: Env): Locations {
  const { cacheDir, dataDir, runtimeDir } = defaultFolders(env, userInfo().uid);
  const state = env.XDG_STATE_HOME || join(env.HOME || homedir(), '.local/state');
  return {
    root: dirname(dirname(dirname(fileURLToPath(import.meta.url)))),
    cache: cacheDir,
    brokerData: dataDir,
    demoData: join(dirname(dataDir), 'demo'),
    demoProfile: join(dirname(dataDir), 'demo-terminal'),
    runtime: runtimeDir,
    state: join(state, 'porthole'),
  };
}
