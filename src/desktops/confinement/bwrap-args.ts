import { dirname } from 'node:path';
import type { SystemEntry } from './system-view.ts';

export type Bind = { path: string; how: 'read' | 'write' | 'device' };

export type SandboxPlan = {
  /**
   * - root: namespaces are made with root's power, of which the first process keeps `capabilities`
   * - user-namespace: they are made in a user namespace, and nobody has any power
   */
  power: { kind: 'root'; capabilities: readonly string[] } | { kind: 'user-namespace' };
  system: readonly SystemEntry[];
  binds: readonly Bind[];
};

/** What programs find in their environment; nothing of the broker's. */
export const insideSearchPath = '/usr/bin:/usr/sbin:/bin:/sbin';

/** It is in the host's memory. */
const temporaryBytes = 16 * 1024 * 1024;

/** The arguments for bwrap(1), up to the command. Pure. */
export function bwrapArgs({ power, system, binds }: SandboxPlan): string[] {
  return [
    ...['ipc', 'pid', 'net', 'uts', 'cgroup-try'].map((name) => `--unshare-${name}`),
    ...(power.kind === 'root' ? capabilities(power.capabilities) : ['--unshare-user']),
    // The first process is our own: it ends when bwrap does, which bwrap's would do only with
    // `--die-with-parent`, and so at the end of the broker too.
    '--as-pid-1',
    '--clearenv',
    ...['--setenv', 'PATH', insideSearchPath],
    ...system.flatMap(systemEntry),
    ...['--proc', '/proc', '--dev', '/dev'],
    ...['--perms', '1777', '--size', String(temporaryBytes), '--tmpfs', '/tmp'],
    ...parentsFirst(binds).flatMap(bind),
    ...['--remount-ro', '/dev', '--remount-ro', '/'],
    '--',
  ];
}

/** Without a word about them, what root starts keeps them all. */
function capabilities(kept: readonly string[]): string[] {
  return ['--cap-drop', 'ALL', ...kept.flatMap((name) => ['--cap-add', name])];
}

function systemEntry(entry: SystemEntry): string[] {
  return entry.kind === 'link'
    ? ['--symlink', entry.target, entry.path]
    : bind({ path: entry.path, how: 'read' });
}

/** What lies in another must be bound after it, or the other would hide it. */
function parentsFirst(binds: readonly Bind[]): Bind[] {
  return binds.toSorted((a, b) => depthOf(a.path) - depthOf(b.path));
}

function depthOf(path: string): number {
  return path.split('/').length;
}

const bindOption = { read: '--ro-bind', write: '--bind', device: '--dev-bind' } as const;

/** Folders that bwrap makes by itself on the way to the target are root's alone. */
function bind({ path, how }: Bind): string[] {
  const ways = ancestorsOf(path).flatMap((folder) => ['--perms', '0755', '--dir', folder]);
  return [...ways, bindOption[how], path, path];
}

function ancestorsOf(path: string): string[] {
  const parent = dirname(path);
  return parent === '/' ? [] : [...ancestorsOf(parent), parent];
}
