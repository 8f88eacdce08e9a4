import { access, constants, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Controller,
  controllers,
  findHierarchies,
  type Hierarchy,
} from '../../desktops/accounting/group-hierarchies.ts';
import type { Finding } from './check.ts';

/** What is limited, in the words of a person. */
const limited: Record<Controller, string> = {
  cpu: 'processors',
  memory: 'memory',
  pids: 'processes',
};

/**
 * Which limits of guests this user can have the kernel enforce, by the control groups that are mounted.
 * It looks, and makes no group.
 * @param proc where proc is mounted
 */
export async function probeLimits(proc = '/proc'): Promise<Finding> {
  const hierarchies = findHierarchies(
    await readFile(`${proc}/mounts`, 'utf8'),
    await readFile(`${proc}/self/cgroup`, 'utf8'),
  );
  const enforced = new Map<Controller, number>();
  for (const hierarchy of hierarchies) {
    for (const controller of await usableIn(hierarchy)) {
      enforced.set(controller, hierarchy.version);
    }
  }
  const missing = controllers.filter((controller) => !enforced.has(controller));
  const words = (names: readonly Controller[]) => names.map((name) => limited[name]).join(', ');
  if (enforced.size === 0) return { ok: false, found: 'no control groups that this user may use' };
  const versions = [...new Set(enforced.values())].toSorted().join(' and ');
  const found = `of ${words([...enforced.keys()])}, by control groups of version ${versions}`;
  return missing.length === 0
    ? { ok: true, found }
    : { ok: false, found: `${found}; not of ${words(missing)}` };
}

async function usableIn(hierarchy: Hierarchy): Promise<Controller[]> {
  const folder = await ownFolder(hierarchy);
  if (!(await isWritable(folder))) return [];
  if (hierarchy.version === 1) return hierarchy.controllers;
  // Only what a group may divide among those below it counts.
  if (!(await isWritable(join(folder, 'cgroup.subtree_control')))) return [];
  const offered = await readFile(join(folder, 'cgroup.controllers'), 'utf8').catch(() => '');
  const names = offered.trim().split(/\s+/);
  return controllers.filter((controller) => names.includes(controller));
}

/** In a container the path may be that of the host, and what is mounted is already the own group. */
async function ownFolder({ mount, own }: Hierarchy): Promise<string> {
  const folder = join(mount, own);
  return (await isThere(folder)) ? folder : mount;
}

function isThere(path: string): Promise<boolean> {
  return can(path, constants.F_OK);
}

function isWritable(path: string): Promise<boolean> {
  return can(path, constants.W_OK);
}

async function can(path: string, mode: number): Promise<boolean> {
  return await access(path, mode).then(
    () => true,
    () => false,
  );
}
