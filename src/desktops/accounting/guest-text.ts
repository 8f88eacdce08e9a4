import { kilobytesOf } from './host-text.ts';

/** Bytes of memory that a process has. */
export type MemoryReading = {
  /** Shared pages count by their share. */
  pssBytes: number;
  /** Pages that nobody else has. */
  privateBytes: number;
};

/** /proc/PID/smaps_rollup (proc(5)). */
export function parseSmapsRollup(text: string): MemoryReading {
  const privateKb = kilobytesOf(text, 'Private_Clean') + kilobytesOf(text, 'Private_Dirty');
  return { pssBytes: kilobytesOf(text, 'Pss') * 1024, privateBytes: privateKb * 1024 };
}

export type NetworkReading = { receivedBytes: number; sentBytes: number };

/** /proc/PID/net/dev: all interfaces together, `lo` too, which is where a guest's proxy listens. */
export function parseNetDev(text: string): NetworkReading {
  const sum = { receivedBytes: 0, sentBytes: 0 };
  for (const [, counts = ''] of text.matchAll(/^ *[^\s:|]+: *(.*)$/gm)) {
    const columns = counts.split(/ +/).map(Number);
    sum.receivedBytes += columns[0] ?? 0;
    sum.sentBytes += columns[8] ?? 0;
  }
  return sum;
}
