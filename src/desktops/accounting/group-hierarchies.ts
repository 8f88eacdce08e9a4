/** What of control groups limits a guest here. */
export const controllers = ['cpu', 'memory', 'pids'] as const;
export type Controller = (typeof controllers)[number];

/** A mounted hierarchy of control groups, and the group in it that this process is in. */
export type Hierarchy = {
  version: 1 | 2;
  /** Of version 1; those of version 2 are listed in its groups. */
  controllers: Controller[];
  mount: string;
  /** Path of the own group below the mount, or `/`. */
  own: string;
};

/** From /proc/mounts and /proc/self/cgroup (cgroups(7)). */
export function findHierarchies(mounts: string, ownGroups: string): Hierarchy[] {
  const found: Hierarchy[] = [];
  for (const line of mounts.split('\n')) {
    const [, mount = '', type = '', options = ''] = line.split(' ');
    if (type === 'cgroup2') {
      found.push({ version: 2, controllers: [], mount, own: ownGroup(ownGroups, '') });
    }
    if (type !== 'cgroup') continue;
    const named = options.split(',');
    const held = controllers.filter((controller) => named.includes(controller));
    const [first] = held;
    if (first === undefined) continue;
    found.push({ version: 1, controllers: held, mount, own: ownGroup(ownGroups, first) });
  }
  return found;
}

/** A line is `4:cpu,cpuacct:/path`, or `0::/path` for version 2. */
function ownGroup(ownGroups: string, controller: string): string {
  for (const line of ownGroups.split('\n')) {
    const [, number, names = '', path] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? [];
    const fits = controller === '' ? number === '0' : names.split(',').includes(controller);
    if (fits && path !== undefined) return path;
  }
  return '/';
}
