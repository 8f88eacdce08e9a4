import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Disposable } from '../contract/disposable.ts';

const pollMs = 300;

/**
 * Reports how far a download by another program has come, by the size of the folder that it fills.
 * @param total bytes expected
 */
export function watchBytes(
  folder: string,
  total: number,
  report: (fraction: number) => void,
): Disposable {
  const timer = setInterval(() => report(folderBytes(folder) / total), pollMs);
  return { dispose: () => clearInterval(timer) };
}

function folderBytes(folder: string): number {
  let bytes = 0;
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    // Downloads move their files when they are complete, also between these two lines.
    const entry = statSync(join(folder, name), { throwIfNoEntry: false });
    if (entry?.isFile()) bytes += entry.size;
  }
  return bytes;
}
