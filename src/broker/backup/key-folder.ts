import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keysFolder, syncFolder } from '../tls/key-files.ts';
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

/** Writes a key file of a backup to a place beside the others, where it has no effect yet. */
export async function stageKey(
  dataDir: string,
  { keyFile, mode, content }: BackupKeyFile,
): Promise<void> {
  const { staged } = foldersIn(dataDir);
  await mkdir(staged, { recursive: true, mode: 0o700 });
  const options = { mode, encoding: 'base64', flag: 'wx', flush: true } as const;
  await writeFile(join(staged, keyFile), content, options);
}

export async function discardStagedKeys(dataDir: string): Promise<void> {
  await rm(foldersIn(dataDir).staged, { recursive: true, force: true });
}

/** Puts them in the place of those that were there. Goes on where a crash cut it off. */
export async function putStagedKeys(dataDir: string): Promise<void> {
  const { folder, staged, replaced } = foldersIn(dataDir);
  if (existsSync(staged)) {
    await syncFolder(staged);
    if (existsSync(folder)) {
      await rm(replaced, { recursive: true, force: true });
      await rename(folder, replaced);
    }
    await rename(staged, folder);
    await syncFolder(dataDir);
  }
  await rm(replaced, { recursive: true, force: true });
}

function foldersIn(dataDir: string): { folder: string; staged: string; replaced: string } {
  const folder = keysFolder(dataDir);
  return { folder, staged: `${folder}.restored`, replaced: `${folder}.replaced` };
}
