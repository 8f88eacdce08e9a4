import { chmod, lchown, lstat, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../../contract/errors.ts';
import type { MachinePaths } from '../qemu/machine-paths.ts';
import { templateFile } from './template-folder.ts';
import { templateFileNames } from './template-record.ts';

/**
 * Takes what a guest has made out of its folder, and out of its hands: the files are plain files of
 * the draft, and ours. Call it when the guest is gone. @throws guest-failed
 */
export async function collect(paths: MachinePaths, draft: string): Promise<void> {
  await rename(join(paths.folder, 'memory'), templateFile(draft, 'memory'));
  await rename(paths.disk, templateFile(draft, 'disk.qcow2'));
  for (const name of templateFileNames) await takeOver(templateFile(draft, name));
  // The only one that clones open themselves, as users of their own. The rest is opened for them.
  await chmod(templateFile(draft, 'disk.qcow2'), 0o444);
  await rm(paths.folder, { recursive: true });
  await rm(paths.qemuLog, { force: true });
}

/** A guest that broke out could have put a link there, to have us give away another file. */
async function takeOver(file: string): Promise<void> {
  const found = await lstat(file);
  if (!found.isFile() || found.nlink !== 1) {
    throw new CodedError('guest-failed', { detail: `${file} is not the plain file that it was` });
  }
  const uid = process.getuid?.();
  const gid = process.getgid?.();
  if (uid !== undefined && gid !== undefined) await lchown(file, uid, gid);
  await chmod(file, 0o600);
}
