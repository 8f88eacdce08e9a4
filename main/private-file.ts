import * as fs from 'node:fs';
import { dirname } from 'node:path';

/** What replacing and removing a file needs of a file system. */
export type FileSystem = Pick<
  typeof fs,
  'closeSync' | 'fsyncSync' | 'mkdirSync' | 'openSync' | 'renameSync' | 'rmSync' | 'writeSync'
>;

/** Text of a file, or null when there is none. @throws any other failure of the file system */
export function readIfThere(file: string): string | null {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/**
 * Replaces a file as a whole: a reader, a crash or a power cut half-way finds the old text or the
 * new one. Once it returns, the new text is on the disk. Only this user can read it. One process
 * writes to a file, so that its draft can have one name, and an abandoned one is found again.
 */
export function replaceFile(file: string, text: string, files: FileSystem = fs): void {
  const folder = dirname(file);
  const draft = draftOf(file);
  files.mkdirSync(folder, { recursive: true, mode: 0o700 });
  files.rmSync(draft, { force: true });
  try {
    writeDraft(draft, Buffer.from(text), files);
    files.renameSync(draft, file);
  } catch (error) {
    files.rmSync(draft, { force: true });
    throw error;
  }
  syncFolder(folder, files);
}

/** Removes a file for good, and what was left of replacing it. */
export function removeFile(file: string, files: FileSystem = fs): void {
  files.rmSync(file, { force: true });
  files.rmSync(draftOf(file), { force: true });
  syncFolder(dirname(file), files);
}

/** Gives a file another name, for good. */
export function renameFile(file: string, name: string, files: FileSystem = fs): void {
  files.renameSync(file, name);
  syncFolder(dirname(file), files);
}

function draftOf(file: string): string {
  return `${file}.new`;
}

/** `wx` opens nothing that is there already, a link that somebody laid out least of all. */
function writeDraft(draft: string, bytes: Buffer, files: FileSystem): void {
  const descriptor = files.openSync(draft, 'wx', 0o600);
  try {
    for (let at = 0; at < bytes.length; ) {
      at += files.writeSync(descriptor, bytes, at, bytes.length - at);
    }
    files.fsyncSync(descriptor);
  } finally {
    files.closeSync(descriptor);
  }
}

/** A name is on the disk once its folder is (fsync(2)); Windows has no such call for folders. */
function syncFolder(folder: string, files: FileSystem): void {
  if (process.platform === 'win32') return;
  const descriptor = openFolder(folder, files);
  if (descriptor === null) return;
  try {
    files.fsyncSync(descriptor);
  } finally {
    files.closeSync(descriptor);
  }
}

/** null when there is no such folder, and so nothing in it. */
function openFolder(folder: string, files: FileSystem): number | null {
  try {
    return files.openSync(folder, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
