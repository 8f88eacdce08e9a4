import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../../contract/errors.ts';
import type { StoredImage } from './stored-image.ts';

/** What a folder tree is known by: SHA-256 in hex, and how many files, links and folders it has. */
export type TreeDigest = { sha256: string; files: number };

/** Files that are read side by side. */
const batch = 64;

/** Of all names, permissions, link targets and contents below the folder; owner and times don't count. */
export async function digestOfTree(folder: string, signal?: AbortSignal): Promise<TreeDigest> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.map(({ parentPath, name }) => join(parentPath, name)).toSorted(byCodeUnit);
  const hash = createHash('sha256');
  for (let at = 0; at < paths.length; at += batch) {
    signal?.throwIfAborted();
    const parts = await Promise.all(paths.slice(at, at + batch).map(entryDigest));
    for (const [index, part] of parts.entries()) {
      const path = paths[at + index] ?? '';
      hash.update(`${path.slice(folder.length)}\0${part}\0`);
    }
  }
  return { sha256: hash.digest('hex'), files: paths.length };
}

/**
 * Compares the tree that os-level desktops share with its digest in the manifest: some seconds.
 * @returns its folder
 * @throws image-damaged when it has changed, or when the image has none
 */
export async function verifiedRoot(
  { dir, manifest }: StoredImage,
  signal?: AbortSignal,
): Promise<string> {
  const { root } = manifest;
  if (root === undefined) {
    const detail = `${dir} has no folder tree for os-level desktops`;
    throw new CodedError('image-damaged', { detail });
  }
  const folder = join(dir, root.folder);
  const found = await digestOfTree(folder, signal).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw new CodedError('image-damaged', { detail: `${folder}: ${String(cause)}`, cause });
  });
  if (found.sha256 === root.sha256) return folder;
  const difference =
    found.files === root.files ? 'has changed' : `has ${found.files} entries, not ${root.files}`;
  throw new CodedError('image-damaged', { detail: `${folder} ${difference}` });
}

async function entryDigest(path: string): Promise<string> {
  const entry = await lstat(path);
  const mode = (entry.mode & 0o7777).toString(8);
  if (entry.isDirectory()) return `folder ${mode}`;
  // A link has no permissions of its own.
  if (entry.isSymbolicLink()) return `link ${await readlink(path)}`;
  if (!entry.isFile()) throw new Error(`${path} is neither a file nor a folder nor a link`);
  const content = await readFile(path);
  return `file ${mode} ${createHash('sha256').update(content).digest('hex')}`;
}

/** The same order under every locale. */
function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : 1;
}
