import { constants } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Disposable } from '../../contract/disposable.ts';
import { CodedError } from '../../contract/errors.ts';
import { lockFile } from '../../desktops/file-lock.ts';
import { errnoOf } from '../../desktops/images/file-error.ts';

/** Disks of a broker that outlive their machines, each a qcow2 overlay named after what it is of. */
export type DiskFiles = {
  /** The disk of a user, a virtual server or a master. */
  disk(id: string): string;
  snapshot(id: string): string;
  /** Makes the folders that the files are in. */
  prepare(): Promise<void>;
  /** As they lie on the host's disk; 0 for one that is not there. */
  bytes(file: string): Promise<number>;
  exists(file: string): Promise<boolean>;
  /** In one step, as far as whoever opens `to` can tell. @throws disk-full */
  copy(from: string, to: string): Promise<void>;
  remove(file: string): Promise<void>;
  /**
   * Has the disk of a virtual server or a master to itself, across processes: the command line works
   * beside the broker. Its folder has to be there. @throws change-conflict
   */
  hold(id: string): Disposable;
  /** What holding left behind; for an id that is never used again. */
  removeLock(id: string): Promise<void>;
  /** What copies and new disks that were cut off left, not written to since then. */
  removeDrafts(before: number): Promise<void>;
};

/** POSIX: st_blocks counts in this unit. */
const blockBytes = 512;

export function createDiskFiles(dataDir: string): DiskFiles {
  const disks = join(dataDir, 'disks');
  const snapshots = join(dataDir, 'snapshots');
  const lock = (id: string) => join(disks, `${id}.lock`);

  async function blocks(file: string): Promise<number | null> {
    try {
      return (await stat(file)).blocks;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return null;
      throw error;
    }
  }

  return {
    disk: (id) => join(disks, `${id}.qcow2`),
    snapshot: (id) => join(snapshots, `${id}.qcow2`),
    prepare: async () => {
      for (const folder of [disks, snapshots]) {
        await mkdir(folder, { recursive: true, mode: 0o700 });
      }
    },
    bytes: async (file) => ((await blocks(file)) ?? 0) * blockBytes,
    exists: async (file) => (await blocks(file)) !== null,
    copy: async (from, to) => {
      const draft = `${to}.draft`;
      try {
        await copyFile(from, draft, constants.COPYFILE_FICLONE);
        await rename(draft, to);
      } catch (error) {
        await rm(draft, { force: true });
        if (errnoOf(error) !== 'ENOSPC') throw error;
        throw new CodedError('disk-full', { cause: error });
      }
    },
    remove: (file) => rm(file, { force: true }),
    hold: (id) => {
      const held = lockFile(lock(id));
      if (held !== null) return held;
      throw new CodedError('change-conflict', { detail: 'something else works on its disk' });
    },
    removeLock: (id) => rm(lock(id), { force: true }),
    removeDrafts: async (before) => {
      for (const folder of [disks, snapshots]) {
        for (const draft of await draftsIn(folder)) {
          const { mtimeMs } = await stat(draft);
          if (mtimeMs < before) await rm(draft, { force: true });
        }
      }
    },
  };
}

async function draftsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => /\.(draft|new)$/.test(name)).map((name) => join(folder, name));
}
