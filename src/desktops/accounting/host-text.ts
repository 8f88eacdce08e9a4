/** What the kernel says of the machine as a whole, from its text files (proc(5)). */

/** Clock ticks since boot, of all processors together. */
export type ProcessorTime = { busy: number; total: number };

/** The first line of /proc/stat. Time in guests is part of user time already. */
export function parseProcessorTime(stat: string): ProcessorTime {
  const line = /^cpu +(.*)$/m.exec(stat)?.[1] ?? '';
  const ticks = line.split(' ').map(Number).slice(0, 8);
  const total = ticks.reduce((sum, value) => sum + value, 0);
  const [idle = 0, waiting = 0] = ticks.slice(3);
  return { busy: total - idle - waiting, total };
}

export type MemoryText = { total: number; available: number; swapUsed: number };

/** /proc/meminfo. Bytes. */
export function parseMemory(meminfo: string): MemoryText {
  const bytes = (name: string) => kilobytesOf(meminfo, name) * 1024;
  return {
    total: bytes('MemTotal'),
    available: bytes('MemAvailable'),
    swapUsed: bytes('SwapTotal') - bytes('SwapFree'),
  };
}

/** A line such as `MemTotal:  24684344 kB`; 0 where there is none. */
export function kilobytesOf(text: string, name: string): number {
  return Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0);
}

/** `some avg10` of /proc/pressure/memory, as a share of 0 to 1; null for anything else. */
export function parsePressure(text: string): number | null {
  const percent = /^some avg10=([\d.]+) /m.exec(text)?.[1];
  return percent === undefined ? null : Math.min(1, Number(percent) / 100);
}

/** Files of /sys/kernel/mm/ksm, empty where they are missing, and the bytes of a page. */
export type KsmText = {
  run: string;
  /** `general_profit`, in bytes; since Linux 6.4. */
  profit: string;
  /** `pages_sharing`: how many pages there would be more. */
  sharing: string;
  pageBytes: number | null;
};

/** Bytes that KSM saves; null where it is off or missing (admin-guide/mm/ksm). */
export function ksmSaved({ run, profit, sharing, pageBytes }: KsmText): number | null {
  if (run.trim() !== '1') return null;
  // What its own bookkeeping takes is subtracted by the kernel, so it may be below nothing.
  if (profit.trim() !== '') return Math.max(0, Number(profit));
  if (sharing.trim() === '' || pageBytes === null) return null;
  return Number(sharing) * pageBytes;
}
