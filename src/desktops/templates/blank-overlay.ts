import { createOverlay } from '../images/qemu-img.ts';
import type { RunTool } from '../images/tools.ts';

/**
 * Makes the empty overlay that clones get copies of. The disk below it is at `draft` as long as the
 * template is made, and at `final` from then on. Paths are absolute.
 * @throws disk-full, tool-missing, command-failed
 */
export async function createBlankOverlay(
  run: RunTool,
  disk: { draft: string; final: string },
  overlay: string,
  signal: AbortSignal,
): Promise<void> {
  await createOverlay(run, { file: disk.draft, format: 'qcow2' }, overlay, signal);
  // -u: only the name changes, nothing is compared.
  const to = ['-b', disk.final, '-F', 'qcow2'];
  await run('qemu-img', ['rebase', '-q', '-u', '-f', 'qcow2', ...to, overlay], { signal });
}
