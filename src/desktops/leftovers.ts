import { readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { isThere } from './is-there.ts';
import { draftOf, type MachineRecord, readRecord } from './machine-record.ts';
import { isSameProcess, type ProcessEntry, type ProcessTable } from './process-table.ts';
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
  /** A process proven to be this machine's, the outermost; null when it is dead. */
  process: ProcessEntry | null;
  /** Whether a whole saved state is there. */
  isSaved: boolean;
};

/** Machines of which something is left: a record, whole or not, or a process. Folders with mere logs are not. */
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
    const paths = machinePaths(folders, id);
    const record = await readRecord(paths.record).catch((error: unknown) => {
      damaged = true;
      onDamage(id, error);
      return null;
    });
    const process = outermost(running.get(id) ?? [], record);
    const isBegun = damaged || (await isThere(draftOf(paths.record)));
    if (record === null && process === null && !isBegun) continue;
    leftovers.push({ id, record, process, isSaved: await isThere(paths.savedState) });
  }
  return leftovers;
}

/** The processes of our machines, by id. */
async function machineProcesses(
  folders: HostFolders,
  processes: ProcessTable,
): Promise<Map<string, ProcessEntry[]>> {
  const found = new Map<string, ProcessEntry[]>();
  for (const entry of await processes.all()) {
    const id = machineOf(entry.argv, folders);
    if (id !== null) found.set(id, [...(found.get(id) ?? []), entry]);
  }
  return found;
}

/**
 * What confines a guest carries the guest's command line too, and its end is the end of all. It is the
 * process that was written down, or the first that was started.
 */
function outermost(entries: ProcessEntry[], record: MachineRecord | null): ProcessEntry | null {
  const written = record?.process ?? null;
  const known = entries.find((entry) => written !== null && isSameProcess(entry, written));
  const byAge = entries.toSorted((a, b) => a.startTime - b.startTime || a.pid - b.pid);
  return known ?? byAge[0] ?? null;
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
