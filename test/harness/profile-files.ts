import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

const unused = 'of the default session, which Electron always makes and nothing uses';

/** What Electron leaves in a profile, and why none of it is of a user. What is not here may not be. */
export const expectedFiles: readonly { pattern: RegExp; reason: string }[] = [
  { pattern: /^settings\.json$/, reason: 'language, theme and place of the window' },
  { pattern: /^vault\//, reason: 'the identity of the terminal, encrypted, or the mark of it' },
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

/** Those that hold one of the texts, as UTF-8 or UTF-16. */
export async function filesWith(folder: string, texts: readonly string[]): Promise<string[]> {
  const needles = texts.flatMap((text) => [Buffer.from(text), Buffer.from(text, 'utf16le')]);
  const holding: string[] = [];
  for (const file of await filesIn(folder)) {
    // Links of Chromium's lock lead nowhere, and sockets are no files to read.
    const bytes = await readFile(join(folder, file)).catch(() => Buffer.alloc(0));
    if (needles.some((needle) => bytes.includes(needle))) holding.push(file);
  }
  return holding;
}
