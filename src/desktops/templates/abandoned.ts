import { sep } from 'node:path';
import type { Clock } from '../../contract/clock.ts';
import { isAbandoned } from '../images/workspace.ts';
import type { ProcessEntry, ProcessTable } from '../process-table.ts';
import { adoptQemu } from '../qemu/process.ts';

/**
 * Ends the guests of captures whose broker was killed: nobody waits for them. They are known by the
 * path after `-pidfile`, in a workspace whose owner is dead.
 */
export async function endAbandonedCaptures(
  root: string,
  deps: { clock: Clock; processes: ProcessTable },
): Promise<void> {
  const found = (await deps.processes.all()).filter((entry) => isOfAbandoned(root, entry));
  await Promise.all(
    found.map(async (entry) => {
      const process = adoptQemu(entry, deps);
      await process.signal('SIGKILL');
      await process.gone;
    }),
  );
}

function isOfAbandoned(root: string, { argv }: ProcessEntry): boolean {
  const at = argv.indexOf('-pidfile');
  const pidFile = at === -1 ? undefined : argv[at + 1];
  if (pidFile === undefined || !pidFile.startsWith(root + sep)) return false;
  const [workspace = ''] = pidFile.slice(root.length + 1).split(sep);
  return isAbandoned(workspace);
}
