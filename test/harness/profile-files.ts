import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';

const unused = 'of the default session, which Electron always makes and nothing uses';

/** What Electron leaves in a profile, and why none of it is of a user. What is not here may not be. */
export const expectedFiles: readonly { pattern: RegExp; reason: string }[] = [
  { pattern: /^settings\.json$/, reason: 'language, theme and place of the window' },
  { pattern: /^enrollment\.json$/, reason: 'how the terminal was enrolled, and digests' },
  { pattern: /^vault\/identity\.jwe$/, reason: 'the identity of the terminal, encrypted' },
  { pattern: /^vault\/in-keychain$/, reason: 'the mark that the identity is in the keychain' },
  { pattern: /^Singleton(Lock|Cookie|Socket)$/, reason: 'one terminal for each profile' },
  { pattern: /^Local State$/, reason: 'counters of Chromium’s own, such as of its starts' },
  { pattern: /^Preferences$/, reason: 'settings of Chromium that nobody set' },
  { pattern: /^DevToolsActivePort$/, reason: 'the test drives the page by it' },
  { pattern: /^Crashpad\/client_id$/, reason: 'a random number; dumps would be beside it' },
  { pattern: /^Network Persistent State$/, reason: unused },
  { pattern: /^Trust Tokens(-journal)?$/, reason: unused },
  {
    pattern: /^Shared Dictionary\/(db|db-journal|cache\/index|cache\/index-dir\/the-real-index)$/,
    reason: unused,
  },
  { pattern: /^Code Cache\/(js|wasm)\/(index|index-dir\/the-real-index)$/, reason: unused },
  {
    pattern: /^Local Storage\/leveldb\/(\d+\.log|CURRENT|LOCK|LOG|LOG\.old|MANIFEST-\d+)$/,
    reason: unused,
  },
];

/** Files below a folder, by their path in it. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

export type Search = {
  /** Folders below that are somebody else's. */
  without?: readonly string[];
  /** Milliseconds since the epoch: nothing is looked for in files that nobody wrote to since. */
  since?: number;
};

/** Those that hold one of the texts, or are named by one. */
export async function filesWith(
  folder: string,
  texts: readonly string[],
  { without = [], since = 0 }: Search = {},
): Promise<string[]> {
  const holding: string[] = [];
  for (const file of await filesIn(folder)) {
    const path = join(folder, file);
    if (without.some((other) => path.startsWith(`${other}/`))) continue;
    if (holdsAny(Buffer.from(file), texts)) holding.push(file);
    // Links of Chromium's lock lead nowhere, sockets are no files to read, and files go as we look.
    const facts = await stat(path).catch(() => null);
    if (facts === null || !facts.isFile() || facts.mtimeMs < since) continue;
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    if (holdsAny(bytes, texts)) holding.push(file);
  }
  return holding;
}

/** As text is stored: in UTF-8, or in the two bytes of a letter that Chromium uses. */
export function holdsAny(bytes: Buffer, texts: readonly string[]): boolean {
  return texts.some((text) => bytes.includes(text) || bytes.includes(Buffer.from(text, 'utf16le')));
}
