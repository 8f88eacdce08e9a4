import { readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { type MachineRecord, readRecord } from './machine-record.ts';
import type { ProcessEntry, ProcessTable } from './process-table.ts';
import {
  type HostFolders,
  machineName,
  machinePaths,
  machinesFolder,
} from './qemu/machine-paths.ts';

/** What an earlier broker left of one machine. */
export type Leftover = {
  id: string;
  /** Null when there is none, or a damaged one that was set aside. */
  record: MachineRecord | null;
  /** A process proven to be this machine's; null when it is dead. */
  process: ProcessEntry | null;
};

/** Machines of which something is left: a record, or a process. Folders with mere logs are not. */
export async function findLeftovers(
  folders: HostFolders,
  processes: ProcessTable,
  onDamage: (id: string, error: unknown) => void,
): Promise<Leftover[]> {
  const running = await machineProcesses(folders, processes);
  const ids = new Set([...(await readdir(machinesFolder(folders.dataDir))), ...running.keys()]);
  const leftovers: Leftover[] = [];
  for (const id of ids) {
    let damaged = false;
    const record = await readRecord(machinePaths(folders, id).record).catch((error: unknown) => {
      damaged = true;
      onDamage(id, error);
      return null;
    });
    const process = running.get(id) ?? null;
    if (record !== null || process !== null || damaged) leftovers.push({ id, record, process });
  }
  return leftovers;
}

/** The processes of our machines, by id. */
async function machineProcesses(
  folders: HostFolders,
  processes: ProcessTable,
): Promise<Map<string, ProcessEntry>> {
  const found = new Map<string, ProcessEntry>();
  for (const entry of await processes.all()) {
    const id = machineOf(entry.argv, folders);
    if (id !== null) found.set(id, entry);
  }
  return found;
}

/**
 * The machine that a command line is of. The proof is its name together with the path after
 * `-pidfile`: that lies in our data folder, and two brokers never share one.
 */
function machineOf(argv: string[], folders: HostFolders): string | null {
  const pidFile = argumentAfter(argv, '-pidfile');
  if (pidFile === null) return null;
  const id = basename(dirname(pidFile));
  const ours =
    pidFile === machinePaths(folders, id).pidFile &&
    argumentAfter(argv, '-name') === machineName(id);
  return ours ? id : null;
}

function argumentAfter(argv: string[], option: string): string | null {
  const at = argv.indexOf(option);
  return at === -1 ? null : (argv[at + 1] ?? null);
}
