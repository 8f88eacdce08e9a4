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
