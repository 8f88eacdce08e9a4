import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keysFolder } from '../tls/key-files.ts';
import type { BackupKeyFile } from './format.ts';

/** What is in the folder of keys, but for drafts that were never put in place. */
export async function readKeyFiles(dataDir: string): Promise<BackupKeyFile[]> {
  const folder = keysFolder(dataDir);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const names = (await readdir(folder)).filter((name) => !name.endsWith('.new')).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const file = join(folder, name);
      const { mode } = await stat(file);
      return {
        keyFile: name,
        mode: mode & 0o777,
        content: (await readFile(file)).toString('base64'),
      };
    }),
  );
}

/** Key files that are to take the place of those that are there, all at once. */
export type StagedKeys = {
  add(file: BackupKeyFile): Promise<void>;
  commit(): Promise<void>;
  /** Does nothing after `commit`. */
  discard(): Promise<void>;
};

export async function stageKeys(dataDir: string): Promise<StagedKeys> {
  const folder = keysFolder(dataDir);
  const [staged, replaced] = [`${folder}.restored`, `${folder}.replaced`];
  const discard = () => rm(staged, { recursive: true, force: true });
  await discard();
  await mkdir(staged, { mode: 0o700 });
  return {
    add: ({ keyFile, mode, content }) =>
      writeFile(join(staged, keyFile), content, {
        mode,
        encoding: 'base64',
        flag: 'wx',
        flush: true,
      }),
    commit: async () => {
      await rm(replaced, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      await rename(folder, replaced);
      await rename(staged, folder);
      await rm(replaced, { recursive: true });
    },
    discard,
  };
}
