import type { Freed } from '../../../contract/pool.ts';
import { mebibytes } from './sizes.ts';

/** A line that says what went back to the host. */
export function freedText({ sessions, disks, diskBytes, memoryBytes }: Freed): string {
  const parts = [
    ...(sessions > 0 ? [counted(sessions, 'session')] : []),
    `${counted(disks, 'disk')} (${mebibytes(diskBytes)})`,
    ...(memoryBytes > 0 ? [`${mebibytes(memoryBytes)} of memory`] : []),
  ];
  return `freed: ${parts.join(', ')}\n`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
