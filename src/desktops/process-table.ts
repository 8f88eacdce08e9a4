import { readdir, readFile } from 'node:fs/promises';

/**
 * A process for sure: ids are used again, so the time of its start (clock ticks since boot, field
 * 22 of /proc/PID/stat, proc(5)) belongs to its identity.
 */
export type ProcessIdentity = { pid: number; startTime: number };

export type ProcessEntry = ProcessIdentity & { argv: string[] };

/** What runs on this machine. */
export type ProcessTable = {
  /** Null when there is no such process, or only its zombie. */
  find(pid: number): Promise<ProcessEntry | null>;
  all(): Promise<ProcessEntry[]>;
};

/** The table of Linux. `root` is where proc is mounted. */
export function procTable(root = '/proc'): ProcessTable {
  const find = async (pid: number): Promise<ProcessEntry | null> => {
    try {
      const [stat, cmdline] = await Promise.all([
        readFile(`${root}/${pid}/stat`, 'utf8'),
        readFile(`${root}/${pid}/cmdline`, 'utf8'),
      ]);
      const startTime = startTimeOf(stat);
      return startTime === null ? null : { pid, startTime, argv: cmdline.split('\0').slice(0, -1) };
    } catch {
      return null; // it ended before or while we read
    }
  };
  return {
    find,
    async all() {
      const pids = (await readdir(root)).filter((name) => /^\d+$/.test(name)).map(Number);
      const entries = await Promise.all(pids.map(find));
      return entries.filter((entry) => entry !== null);
    },
  };
}

/** Null for a zombie: it holds nothing but its number. */
export function startTimeOf(stat: string): number | null {
  // Field 2, the name, is in brackets and may itself hold spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  const startTime = Number(fields[19]);
  if (state === 'Z' || state === 'X' || !Number.isSafeInteger(startTime)) return null;
  return startTime;
}

export function isSameProcess(entry: ProcessEntry | null, identity: ProcessIdentity): boolean {
  return entry?.pid === identity.pid && entry.startTime === identity.startTime;
}
