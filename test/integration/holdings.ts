import { readdir, readFile } from 'node:fs/promises';
import { procTable } from '../../src/desktops/process-table.ts';

export type Held = { processes: string[]; sockets: string[]; files: string[]; groups: string[] };

/** What the system has of the machines below a folder, by the system's own lists. */
export async function heldBelow(folder: string, machineIds: readonly string[]): Promise<Held> {
  const processes = (await procTable().all()).filter(({ argv }) => {
    return argv.some((arg) => arg.includes(folder)) && !argv.some((arg) => arg.endsWith('.ts'));
  });
  const sockets = (await readFile('/proc/net/unix', 'utf8')).split('\n');
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  return {
    processes: processes.map(({ pid, argv }) => `${pid} ${argv[0]}`),
    sockets: sockets.filter((line) => line.includes(folder)),
    files: files
      .filter((entry) => /machines|run/.test(entry.parentPath) && !entry.isDirectory())
      .map(({ parentPath, name }) => `${parentPath}/${name}`)
      .filter((path) => !/\.(log|damaged)$/.test(path)),
    groups: await groupsOf(machineIds),
  };
}

export const nothing: Held = { processes: [], sockets: [], files: [], groups: [] };

/** Control groups of machines, wherever they are mounted. */
async function groupsOf(machineIds: readonly string[]): Promise<string[]> {
  const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n');
  const roots = mounts
    .map((line) => line.split(' '))
    .filter(([, , kind]) => /^cgroup/.test(kind ?? ''));
  const names = await Promise.all(
    roots.map(([, root = '']) => readdir(`${root}/porthole`).catch(() => [])),
  );
  return names.flat().filter((name) => machineIds.includes(name));
}

/** Descriptors that this process has open, by what they are. */
export async function openDescriptors(): Promise<number> {
  return (await readdir('/proc/self/fd')).length;
}
