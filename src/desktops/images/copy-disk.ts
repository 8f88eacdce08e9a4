import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { CodedError } from '../../contract/errors.ts';
import type { Checksum } from './checksum.ts';
import { diskFormat, headerLength, invalid } from './disk-header.ts';
import { errnoOf } from './file-error.ts';

type CopyOptions = {
  signal?: AbortSignal | undefined;
  /** Share of the file that is copied, 0 to 1. */
  onFraction?: ((fraction: number) => void) | undefined;
};

type DiskCopy = { format: 'qcow2' | 'raw'; checksum: Checksum };

const chunkLength = 1 << 20;

/**
 * Copies a user's disk, of which nothing is known yet, and computes its checksum on the way. Holes
 * stay holes: chunks of zeros are not written.
 * @throws image-invalid, disk-full; the signal's reason
 */
export async function copyDisk(
  source: string,
  target: string,
  options: CopyOptions = {},
): Promise<DiskCopy> {
  const from = await openPlainFile(source);
  try {
    const format = diskFormat(await firstBytes(from));
    const to = await open(target, 'wx', 0o600);
    try {
      return { format, checksum: await copyChunks(from, to, options) };
    } finally {
      await to.close();
    }
  } catch (error) {
    if (errnoOf(error) !== 'ENOSPC') throw error;
    throw new CodedError('disk-full', { detail: `while copying ${source}`, cause: error });
  } finally {
    await from.close();
  }
}

/** Not blocking: opening a pipe would wait for its writer. */
async function openPlainFile(path: string): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(
    (cause: unknown) => {
      throw invalid(`${path} cannot be read: ${errnoOf(cause)}`, cause);
    },
  );
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw invalid(`${path} is not a file`);
}

async function firstBytes(file: FileHandle): Promise<Buffer> {
  const header = Buffer.alloc(headerLength);
  const { bytesRead } = await file.read(header, 0, headerLength, 0);
  return header.subarray(0, bytesRead);
}

async function copyChunks(
  from: FileHandle,
  to: FileHandle,
  { signal, onFraction }: CopyOptions,
): Promise<Checksum> {
  const { size: expected } = await from.stat();
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(chunkLength);
  let size = 0;
  for (;;) {
    signal?.throwIfAborted();
    const { bytesRead } = await from.read(buffer, 0, chunkLength, size);
    if (bytesRead === 0) break;
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    if (!isZero(chunk)) await writeAll(to, chunk, size);
    size += bytesRead;
    onFraction?.(Math.min(1, size / expected));
  }
  await to.truncate(size);
  return { sha256: hash.digest('hex'), size };
}

/** A single write may be short, above all when the disk is filling up. */
async function writeAll(file: FileHandle, chunk: Buffer, position: number): Promise<void> {
  let written = 0;
  while (written < chunk.length) {
    const rest = chunk.length - written;
    written += (await file.write(chunk, written, rest, position + written)).bytesWritten;
  }
}

const zeros = Buffer.alloc(chunkLength);

function isZero(chunk: Buffer): boolean {
  return chunk.equals(zeros.subarray(0, chunk.length));
}
