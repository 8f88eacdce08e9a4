import { readdir, readlink } from 'node:fs/promises';
import path from 'node:path';
import { machinePaths } from '../../../src/desktops/qemu/machine-paths.ts';
import { brokerProcess, processesOf } from '../desktops/processes.ts';

type Folders = { dataDir: string; runtimeDir: string };

/** What a broker and its guests hold of the host, counted. */
export type Holdings = {
  /** Of guests and their helpers. */
  processes: number;
  /** In the broker's folders, but for the logs that it keeps of the last guests. */
  files: number;
  /** Names in its folders, and connections that its process has open. */
  sockets: number;
};

export async function holdingsOf(folders: Folders): Promise<Holdings> {
  const entries = [...(await entriesIn(folders.dataDir)), ...(await entriesIn(folders.runtimeDir))];
  const named = entries.filter((entry) => entry.isSocket());
  return {
    processes: (await processesOf(folders)).length,
    files: entries.filter((entry) => entry.isFile() && !isLog(entry, folders)).length,
    sockets: named.length + (await openSockets(await brokerProcess(folders))),
  };
}

type Entry = Awaited<ReturnType<typeof entriesIn>>[number];

async function entriesIn(folder: string) {
  return readdir(folder, { recursive: true, withFileTypes: true });
}

function isLog({ name, parentPath }: Entry, folders: Folders): boolean {
  const { consoleLog, qemuLog } = machinePaths(folders, path.basename(parentPath));
  return [consoleLog, qemuLog].includes(path.join(parentPath, name));
}

async function openSockets(pid: number): Promise<number> {
  const folder = `/proc/${pid}/fd`;
  const targets = await Promise.all(
    (await readdir(folder)).map((name) => readlink(path.join(folder, name)).catch(() => '')),
  );
  return targets.filter((target) => target.startsWith('socket:')).length;
}
