import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type Clock, pause } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Log } from '../log.ts';
import type { ProcessIdentity } from '../process-table.ts';
import { type GroupFiles, groupFiles, systemCode } from './group-files.ts';
import { type Controller, findHierarchies } from './group-hierarchies.ts';
import { type Missing, openPlace, type Place } from './group-places.ts';
import { settingsOf } from './group-settings.ts';
import type { Limits, LimitsOfMachine } from './limits.ts';
import { limitsSentences } from './limits-sentences.ts';
import { readTree } from './process-tree.ts';

/** Between tries to remove a group: what has ended stays in it until its parent has waited for it. */
const removalPausesMs = [20, 50, 100, 200, 400, 800, 1600, 3200];

/** A tree that grows faster than it is moved is caught by its own limit of processes soon enough. */
const mostPasses = 20;

type Deps = { clock: Clock; log: Log; files?: GroupFiles; proc?: string };

/**
 * Uses what control groups there are, and removes the empty ones that an earlier broker left. Never
 * fails: what is missing is said in `how`.
 */
export async function createLimits(deps: Deps): Promise<Limits> {
  const { clock, log, files = groupFiles, proc = '/proc' } = deps;
  const { places, missing } = await openPlaces(files, proc);
  const removeIfEmpty = (folder: string) => isRemoved(folder, files);
  for (const { folder } of places) {
    const left = await files.groups(folder);
    // The kernel keeps those that are in use.
    await Promise.all(left.map((name) => removeIfEmpty(join(folder, name))));
  }

  async function remove(folder: string): Promise<void> {
    for (const ms of removalPausesMs) {
      if (await removeIfEmpty(folder)) return;
      await pause(clock, ms);
    }
    if (!(await removeIfEmpty(folder))) {
      log.warn({ folder }, 'a control group is still in use and was left');
    }
  }

  return {
    how: limitsSentences(places, missing),
    async apply(machineId, process, limits) {
      const enter = async (place: Place) => {
        const folder = join(place.folder, machineId);
        await prepareGroup(folder, place, limits, files);
        await moveTree(folder, process, files, proc);
      };
      // At once: the kernel waits 10 ms before it moves a process, and no process of the host starts
      // another one meanwhile (cgroup_threadgroup_rwsem).
      const moves = await Promise.allSettled(
        places.map((place) =>
          enter(place).catch((error: unknown) => {
            // ENODEV: between the opening of its file and the writing.
            if (!['ENOENT', 'ENODEV'].includes(systemCode(error))) throw error;
            // Another broker that has just started took it for one that was left behind.
            return enter(place);
          }),
        ),
      );
      for (const move of moves) {
        if (move.status === 'fulfilled') continue;
        const detail = `its limits could not be set: ${String(move.reason)}`;
        throw new CodedError('guest-failed', { detail, cause: move.reason });
      }
    },
    async release(machineId) {
      await Promise.all(places.map(({ folder }) => remove(join(folder, machineId))));
    },
  };
}

async function openPlaces(files: GroupFiles, proc: string) {
  const [mounts, own] = await Promise.all(
    [`${proc}/mounts`, `${proc}/self/cgroup`].map((path) => readFile(path, 'utf8').catch(() => '')),
  );
  const places: Place[] = [];
  let missing: Missing = {};
  const taken = new Set<Controller>();
  for (const hierarchy of findHierarchies(mounts ?? '', own ?? '')) {
    const opened = await openPlace(hierarchy, files, availableParallelism());
    missing = { ...opened.missing, ...missing };
    if (opened.place === null) continue;
    // The same hierarchy may be mounted at two places.
    const fresh = opened.place.controllers.filter((controller) => !taken.has(controller));
    for (const controller of fresh) taken.add(controller);
    if (fresh.length > 0) places.push({ ...opened.place, controllers: fresh });
  }
  return { places, missing };
}

async function prepareGroup(
  folder: string,
  { controllers, version }: Place,
  limits: LimitsOfMachine,
  files: GroupFiles,
): Promise<void> {
  await files.make(folder);
  for (const { file, text, optional } of controllers.flatMap((controller) =>
    settingsOf(controller, version, limits),
  )) {
    const written = files.write(join(folder, file), text);
    await (optional ? written.catch(() => undefined) : written);
  }
}

/** Until a pass finds nobody outside: what is started by those inside is born there. */
async function moveTree(
  folder: string,
  process: ProcessIdentity,
  files: GroupFiles,
  proc: string,
): Promise<void> {
  const members = join(folder, 'cgroup.procs');
  const moved = new Set<number>();
  for (let pass = 0; pass < mostPasses; pass += 1) {
    const inside = new Set((await files.read(members)).split('\n').map(Number));
    const tree = await readTree(proc, process);
    // The kernel leaves zombies where they are, without a word.
    const outside = tree.filter(({ pid }) => !inside.has(pid) && !moved.has(pid));
    if (outside.length === 0) return;
    for (const { pid } of outside) {
      moved.add(pid);
      await files.write(members, `${pid}`).catch((error: unknown) => {
        // It ended meanwhile; its children are found in the next pass.
        if (systemCode(error) !== 'ESRCH') throw error;
      });
    }
  }
}

/** Whether it is gone. */
async function isRemoved(folder: string, files: GroupFiles): Promise<boolean> {
  try {
    await files.remove(folder);
    return true;
  } catch (error) {
    return systemCode(error) === 'ENOENT';
  }
}
