import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';

/** The file system of control groups, as far as it is used here. All throw the errors of node:fs. */
export type GroupFiles = {
  read(path: string): Promise<string>;
  write(path: string, text: string): Promise<void>;
  /** One that is there already stays as it is. */
  make(folder: string): Promise<void>;
  /** The kernel refuses with EBUSY while anything is in it. */
  remove(folder: string): Promise<void>;
  /** Names of the groups inside; none where there is no such folder. */
  groups(folder: string): Promise<string[]>;
};

export const groupFiles: GroupFiles = {
  read: (path) => readFile(path, 'utf8'),
  write: (path, text) => writeFile(path, text, { flag: 'r+' }),
  make: async (folder) => void (await mkdir(folder, { recursive: true })),
  remove: (folder) => rmdir(folder),
  async groups(folder) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  },
};

/** Of an error of the system, such as `EBUSY`; empty for any other. */
export function systemCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  return typeof code === 'string' ? code : '';
}
