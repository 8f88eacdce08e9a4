import { createHash } from 'node:crypto';
import { close, ftruncate, write } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { getSystemErrorName, promisify } from 'node:util';
import type { AsyncDisposable } from '../../contract/disposable.ts';
import type { Checksum } from '../images/checksum.ts';
import { type Libc, loadLibc } from './libc.ts';

/** A file in memory that nobody can change any more. */
export type SealedMemory = AsyncDisposable & {
  readonly descriptor: number;
  /** What was copied into it, byte by byte: what is checked is what is mapped. */
  readonly checksum: Checksum;
  /** Closes the descriptor; processes that map the memory keep it. */
  dispose(): Promise<void>;
};

/** Copies files into sealed memory. */
export type Sealer = { seal(file: string, signal: AbortSignal): Promise<SealedMemory> };

/** What this system can do. `reason` is a sentence for people. */
export type Sealing = { kind: 'possible'; sealer: Sealer } | { kind: 'impossible'; reason: string };

/** memfd_create(2): MFD_CLOEXEC and MFD_ALLOW_SEALING. */
const sealable = 0x0001 | 0x0002;
/** fcntl(2): F_ADD_SEALS. */
const addSeals = 1033;
/** fcntl(2): F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW and F_SEAL_WRITE. */
const allSeals = 0x0001 | 0x0002 | 0x0004 | 0x0008;

const chunkLength = 1024 * 1024;
/** What is zero for so long is left out, and takes no memory. */
const pieceLength = 64 * 1024;
const zeros = Buffer.alloc(pieceLength);

const resize = promisify(ftruncate);
const put = promisify(write);
const shut = promisify(close);

/**
 * The memory of a template is mapped by all its clones, each copy-on-write, and must be the same for
 * each. A plain file would not do: QEMU 7.2 opens the file of a guest's memory for writing even with
 * `share=off`. A guest could have it punch holes into that file by means of the balloon
 * (ram_block_discard_range), and one that has broken out of QEMU could write to it, which is to say
 * into the memory of all the others. A memory file that is sealed refuses both, whoever asks.
 */
export async function sealing(platform: NodeJS.Platform = process.platform): Promise<Sealing> {
  if (platform !== 'linux') {
    return { kind: 'impossible', reason: `${platform} has no memory that can be sealed` };
  }
  try {
    const libc = await loadLibc();
    await shut(sealedCopy(libc, createMemory(libc)));
    return { kind: 'possible', sealer: { seal: (file, signal) => seal(libc, file, signal) } };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { kind: 'impossible', reason: `memory cannot be sealed here: ${why}` };
  }
}

async function seal(libc: Libc, file: string, signal: AbortSignal): Promise<SealedMemory> {
  const source = await open(file, 'r');
  try {
    const descriptor = createMemory(libc);
    try {
      const checksum = await copy(source, descriptor, signal);
      sealedCopy(libc, descriptor);
      return { descriptor, checksum, dispose: () => shut(descriptor) };
    } catch (error) {
      await shut(descriptor);
      throw error;
    }
  } finally {
    await source.close();
  }
}

function createMemory(libc: Libc): number {
  return succeeded(libc, 'memfd_create', libc.memfdCreate('porthole-template', sealable));
}

function sealedCopy(libc: Libc, descriptor: number): number {
  succeeded(libc, 'F_ADD_SEALS', libc.fcntl(descriptor, addSeals, allSeals));
  return descriptor;
}

function succeeded(libc: Libc, call: string, result: number): number {
  if (result === -1) throw new Error(`${call}: ${getSystemErrorName(-libc.errno())}`);
  return result;
}

async function copy(from: FileHandle, to: number, signal: AbortSignal): Promise<Checksum> {
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(chunkLength);
  let size = 0;
  for (;;) {
    signal.throwIfAborted();
    const { bytesRead } = await from.read(buffer, 0, chunkLength, size);
    if (bytesRead === 0) break;
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    await putWhatIsNotZero(to, chunk, size);
    size += bytesRead;
  }
  await resize(to, size);
  return { sha256: hash.digest('hex'), size };
}

async function putWhatIsNotZero(to: number, chunk: Buffer, position: number): Promise<void> {
  for (let at = 0; at < chunk.length; at += pieceLength) {
    const piece = chunk.subarray(at, at + pieceLength);
    if (piece.equals(zeros.subarray(0, piece.length))) continue;
    let written = 0;
    while (written < piece.length) {
      const length = piece.length - written;
      const { bytesWritten } = await put(to, piece, written, length, position + at + written);
      written += bytesWritten;
    }
  }
}
