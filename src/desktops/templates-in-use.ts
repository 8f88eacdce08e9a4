import { readdir } from 'node:fs/promises';
import { readRecord } from './machine-record.ts';
import { type HostFolders, machinePaths, machinesFolder } from './qemu/machine-paths.ts';

/** Ids of the templates that disks of this host's machines lie on, also of suspended ones. */
export async function templatesInUse(folders: HostFolders): Promise<ReadonlySet<string>> {
  // Before the first host there is no such folder, and no machine.
  const ids = await readdir(machinesFolder(folders.dataDir)).catch(() => []);
  const records = await Promise.all(
    // A damaged one is no machine that could go on.
    ids.map((id) => readRecord(machinePaths(folders, id).record).catch(() => null)),
  );
  const templates = records.flatMap((record) => {
    const { progress } = record ?? { progress: { stage: 'beginning' as const } };
    if (progress.stage === 'beginning' || progress.origin.kind !== 'clone') return [];
    return [progress.origin.template];
  });
  return new Set(templates);
}
