import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

export type Folders = { dataDir: string; runtimeDir: string; cacheDir: string };

/** Where the broker keeps things unless told otherwise (XDG Base Directory Specification). */
export function defaultFolders(env: NodeJS.ProcessEnv, uid: number): Folders {
  const home = env.HOME || homedir();
  const data = env.XDG_DATA_HOME || join(home, '.local', 'share');
  const cache = env.XDG_CACHE_HOME || join(home, '.cache');
  const runtime = env.XDG_RUNTIME_DIR || join(tmpdir(), `porthole-${uid}`);
  return {
    dataDir: join(data, 'porthole', 'broker'),
    cacheDir: join(cache, 'porthole'),
    // Short: the path of a unix socket below it has 107 bytes at most.
    runtimeDir: join(runtime, 'porthole'),
  };
}
