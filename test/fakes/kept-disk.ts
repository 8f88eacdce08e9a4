import { appendFileSync, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { MachineSpec } from '../../src/desktops/engine.ts';

/** A disk that is kept is there once its machine runs: an empty file, where its folder is. */
export function makeKeptDisk({ disk }: MachineSpec): void {
  if (disk.kind === 'kept' && existsSync(dirname(disk.path))) appendFileSync(disk.path, '');
}
