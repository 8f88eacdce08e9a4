import { basename, dirname, join } from 'node:path';
import { type GroupFiles, systemCode } from './group-files.ts';
import { type Controller, controllers, type Hierarchy } from './group-hierarchies.ts';
import { weightSetting } from './group-settings.ts';

/** A group of ours, below which each machine has its own. */
export type Place = { version: 1 | 2; controllers: Controller[]; folder: string };

/** Why a controller is not to be had; for people. */
export type Missing = Partial<Record<Controller, string>>;

const ourGroup = 'porthole';
/** Where the broker itself goes, since a group of version 2 holds processes or controlled groups, not both. */
const brokerGroup = 'porthole-broker';

/**
 * Makes our group in a hierarchy. All guests together weigh as much as one busy program on each
 * processor, so that the broker is not starved by them.
 */
export async function openPlace(
  hierarchy: Hierarchy,
  files: GroupFiles,
  cpuCount: number,
): Promise<{ place: Place | null; missing: Missing }> {
  try {
    const { place, missing } =
      hierarchy.version === 1
        ? { place: await openVersion1(hierarchy, files), missing: {} }
        : await openVersion2(hierarchy, files);
    if (place.controllers.includes('cpu')) {
      const { file, text } = weightSetting(place.version, 100 * cpuCount);
      await files.write(join(place.folder, file), text);
    }
    return { place: place.controllers.length > 0 ? place : null, missing };
  } catch (error) {
    const wanted = hierarchy.version === 1 ? hierarchy.controllers : controllers;
    const reason = `${hierarchy.mount} cannot be used: ${reasonOf(error)}`;
    return { place: null, missing: Object.fromEntries(wanted.map((name) => [name, reason])) };
  }
}

async function openVersion1(hierarchy: Hierarchy, files: GroupFiles): Promise<Place> {
  const folder = join(await ownFolder(hierarchy, files), ourGroup);
  await files.make(folder);
  return { version: 1, controllers: hierarchy.controllers, folder };
}

async function openVersion2(hierarchy: Hierarchy, files: GroupFiles) {
  const own = await ownFolder(hierarchy, files);
  const base = basename(own) === brokerGroup ? dirname(own) : own;
  const offered = (await files.read(join(base, 'cgroup.controllers'))).trim().split(/\s+/);
  const folder = join(base, ourGroup);
  const enabled: Controller[] = [];
  const missing: Missing = {};
  for (const controller of controllers) {
    if (!offered.includes(controller)) {
      missing[controller] = `${base} has no controller for it`;
      continue;
    }
    try {
      await files.make(folder);
      await enable(controller, base, files);
      await enable(controller, folder, files);
      enabled.push(controller);
    } catch (error) {
      missing[controller] = `${base} cannot be divided: ${reasonOf(error)}`;
    }
  }
  const place: Place = { version: 2, controllers: enabled, folder };
  return { place, missing };
}

/** Lets the groups inside have a controller. */
async function enable(controller: Controller, group: string, files: GroupFiles): Promise<void> {
  const file = join(group, 'cgroup.subtree_control');
  try {
    await files.write(file, `+${controller}`);
  } catch (error) {
    if (systemCode(error) !== 'EBUSY') throw error;
    await moveAside(group, files);
    await files.write(file, `+${controller}`);
  }
}

/** Moves what is in a group, which is the broker and whatever started it, into a group below. */
async function moveAside(group: string, files: GroupFiles): Promise<void> {
  const aside = join(group, brokerGroup);
  await files.make(aside);
  for (const pid of (await files.read(join(group, 'cgroup.procs'))).split('\n')) {
    if (pid === '') continue;
    await files.write(join(aside, 'cgroup.procs'), pid).catch((error: unknown) => {
      if (systemCode(error) !== 'ESRCH') throw error; // it ended meanwhile
    });
  }
}

/** In a container the path may be that of the host, and what is mounted is already the own group. */
async function ownFolder({ mount, own }: Hierarchy, files: GroupFiles): Promise<string> {
  const folder = join(mount, own);
  return files.read(join(folder, 'cgroup.procs')).then(
    () => folder,
    () => mount,
  );
}

function reasonOf(error: unknown): string {
  const code = systemCode(error);
  if (code === 'EACCES' || code === 'EPERM') {
    return 'this user may not write to it (a service of systemd with Delegate=yes may)';
  }
  if (code === 'EROFS') return 'it is mounted read-only';
  return code === '' ? String(error) : code;
}
