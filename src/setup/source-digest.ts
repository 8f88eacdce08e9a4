import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * SHA-256 over the names and contents of files, so that a step is skipped when nothing that it
 * reads has changed.
 * @param entries files and folders, relative to `root`; one that is missing counts as such
 * @param facts whatever else the result depends on, such as versions
 */
export function digestOf(
  root: string,
  entries: readonly string[],
  facts: readonly string[] = [],
): string {
  const hash = createHash('sha256');
  const add = (text: string) => hash.update(`${Buffer.byteLength(text)}:`).update(text);
  for (const fact of facts) add(fact);
  for (const file of entries.flatMap((entry) => filesUnder(root, entry)).sort()) {
    add(file);
    add(
      createHash('sha256')
        .update(readFileSync(join(root, file)))
        .digest('hex'),
    );
  }
  return hash.digest('hex');
}

function filesUnder(root: string, entry: string): string[] {
  const stats = statSync(join(root, entry), { throwIfNoEntry: false });
  if (stats === undefined) return [];
  if (stats.isFile()) return [entry];
  return readdirSync(join(root, entry)).flatMap((name) => filesUnder(root, join(entry, name)));
}

/**
 * Runs a step unless it was finished with the same digest before. The stamp is removed before the
 * step begins and written after its end, so a step that was interrupted is done again.
 * @returns whether the step was run
 */
export async function whenChanged(
  stampFile: string,
  digest: string,
  step: () => Promise<void>,
): Promise<boolean> {
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === digest) return false;
  await rm(stampFile, { force: true });
  await step();
  await mkdir(dirname(stampFile), { recursive: true });
  await writeFile(stampFile, digest);
  return true;
}
