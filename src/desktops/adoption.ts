import type { Leftover } from './leftovers.ts';
import type { MachineRecord, Stage } from './machine-record.ts';
import { isSameProcess, type ProcessEntry } from './process-table.ts';

export type WorthAdopting = Exclude<Stage, { stage: 'beginning' }>;

/**
 * What to do about a machine of an earlier broker that somebody still wants.
 * - take-over: it runs
 * - suspended: its saved state is whole, and not yet in use; a process of it is in the way
 * - reap: nothing that could go on
 */
export type Verdict =
  | { kind: 'take-over'; record: MachineRecord; progress: WorthAdopting; process: ProcessEntry }
  | { kind: 'suspended'; record: MachineRecord; progress: WorthAdopting }
  | { kind: 'reap' };

/** Pure. */
export function judge({ record, process, isSaved }: Leftover): Verdict {
  if (record === null || record.progress.stage === 'beginning') return { kind: 'reap' };
  const { progress } = record;
  if (isSaved) return { kind: 'suspended', record, progress };
  if (record.process === null || !isSameProcess(process, record.process)) return { kind: 'reap' };
  return process === null ? { kind: 'reap' } : { kind: 'take-over', record, progress, process };
}
