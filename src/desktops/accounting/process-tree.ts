import { access, readdir, readFile } from 'node:fs/promises';
import type { ProcessIdentity } from '../process-table.ts';
import { type ProcessStat, parseProcessStat } from './process-stat.ts';

/** Every process of this machine, in one pass. `root` is where proc is mounted. */
export async function readProcesses(root = '/proc'): Promise<ProcessStat[]> {
  const pids = (await readdir(root)).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => statOf(root, pid)));
  return stats.filter((stat) => stat !== null);
}

/** A process and all that descend from it, the outermost first; none when it is gone. */
export function treeOf(all: readonly ProcessStat[], outermost: ProcessIdentity): ProcessStat[] {
  const children = Map.groupBy(all, ({ parent }) => parent);
  const tree = all.filter(
    ({ pid, startTime }) => pid === outermost.pid && startTime === outermost.startTime,
  );
  // What is added on the way is gone through as well.
  for (const { pid } of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/**
 * The same, found by the kernel's own lists of children (CONFIG_PROC_CHILDREN, proc(5)) where it has
 * them: some ten files in place of every process of the host. Children that are started meanwhile may
 * be missed.
 */
export async function readTree(root: string, outermost: ProcessIdentity): Promise<ProcessStat[]> {
  if (!(await hasLists(root))) return treeOf(await readProcesses(root), outermost);
  const first = await statOf(root, outermost.pid);
  if (first?.startTime !== outermost.startTime) return [];
  const tree = [first];
  // What is added on the way is gone through as well.
  for (const { pid } of tree) {
    const children = await Promise.all(
      (await childrenOf(root, pid)).map((child) => statOf(root, child)),
    );
    tree.push(...children.filter((stat) => stat !== null));
  }
  return tree;
}

function hasLists(root: string): Promise<boolean> {
  return access(`${root}/thread-self/children`).then(
    () => true,
    () => false,
  );
}

/** Each thread has its own. None when the process is gone. */
async function childrenOf(root: string, pid: number): Promise<string[]> {
  const threads = await readdir(`${root}/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    threads.map((thread) => {
      return readFile(`${root}/${pid}/task/${thread}/children`, 'utf8').catch(() => '');
    }),
  );
  return lists.flatMap((list) => list.split(' ').filter((child) => child.trim() !== ''));
}

/** Null when it ended before we read. */
function statOf(root: string, pid: number | string): Promise<ProcessStat | null> {
  return readFile(`${root}/${pid}/stat`, 'utf8').then(parseProcessStat, () => null);
}
