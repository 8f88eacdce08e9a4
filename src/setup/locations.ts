import { homedir, tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

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
  /** Sockets and launch files; gone after a reboot. Short, since a socket's path is. */
  runtime: string;
  /** Logs and pictures of headless runs. */
  state: string;
};

type Env = Readonly<Record<string, string | undefined>>;

export function locationsOf(env: Env): Locations {
  const home = env.HOME || homedir();
  const base = (name: string, fallback: string) => env[name] || join(home, fallback);
  return {
    root: dirname(dirname(dirname(fileURLToPath(import.meta.url)))),
    cache: join(base('XDG_CACHE_HOME', '.cache'), 'porthole'),
    brokerData: join(base('XDG_DATA_HOME', '.local/share'), 'porthole/broker'),
    runtime: join(env.XDG_RUNTIME_DIR || join(tmpdir(), `porthole-${userInfo().uid}`), 'porthole'),
    state: join(base('XDG_STATE_HOME', '.local/state'), 'porthole'),
  };
}
