import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { machinesFolder } from './qemu/machine-paths.ts';

/** Folders of machines that have ended, with nothing but their logs, are kept up to this many. */
const keptLogs = 50;

/** Removes the oldest logs above the limit. `live` are the ids of machines that have not ended. */
export async function pruneLogs(
  dataDir: string,
  live: { has(id: string): boolean },
  limit = keptLogs,
): Promise<void> {
  const root = machinesFolder(dataDir);
  const ended = (await readdir(root)).filter((id) => !live.has(id));
  const dated = await Promise.all(
    ended.map(async (id) => ({ id, at: (await stat(join(root, id))).mtimeMs })),
  );
  dated.sort((a, b) => b.at - a.at);
  for (const { id } of dated.slice(limit)) await rm(join(root, id), { recursive: true });
}
