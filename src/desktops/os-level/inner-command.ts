/** What the inside of an os-level desktop is made of. Sizes in MiB, paths of the host absolute. */
export type InnerPlan = {
  /** By which the host knows the process. */
  name: string;
  pidFile: string;
  hostname: string;
  /** The folder tree of the image. */
  root: string;
  /** Folder in which the desktop makes its sockets. */
  sockets: string;
  homeMb: number;
  memoryMb: number;
  /** Whether there is a way out, on 127.0.0.1. */
  hasProxy: boolean;
  /** Descriptor with the filter of system calls. */
  seccomp: number;
};

/** Where the desktop finds the folder of its sockets. */
export const insideSockets = '/run/porthole/host';

/** The user inside, whoever that is outside. */
const userId = '1000';

/** In MiB. All of it is memory of the desktop, and counts as such. */
const roomMb = { temporary: 64, shared: 64, run: 4, logs: 4 } as const;

/** Per desktop: against fork bombs, and programs that forget to close files. */
const limits = ['--nproc=512', '--nofile=1024:4096', '--core=0'];

const proxyUrl = 'http://127.0.0.1:3128';

/**
 * The arguments for bwrap(1) that make a desktop's own world out of what confinement leaves: another
 * root, user, name and list of processes. Where it has a proxy, its network is the one it is started
 * in, which leads nowhere else. Pure.
 */
export function innerArgs(plan: InnerPlan): string[] {
  return [
    ...['user', 'pid', 'ipc', 'uts', 'cgroup-try'].map((kind) => `--unshare-${kind}`),
    ...(plan.hasProxy ? [] : ['--unshare-net']),
    ...['--uid', userId, '--gid', userId, '--hostname', plan.hostname],
    // Its first process is the desktop itself, which ends everything with it.
    ...['--die-with-parent', '--as-pid-1'],
    ...['--clearenv', ...environment(plan)],
    ...['--ro-bind', plan.root, '/', '--proc', '/proc', '--dev', '/dev'],
    ...room('/dev/shm', roomMb.shared, '1777'),
    // bwrap's own holds device nodes only, and would have no limit.
    ...['--remount-ro', '/dev'],
    ...room('/tmp', roomMb.temporary, '1777'),
    ...room('/run', roomMb.run, '0755'),
    ...['--dir', '/run/porthole', '--dir', '/run/user'],
    ...room('/var/log', roomMb.logs, '0755'),
    ...room('/home/user', plan.homeMb, '0700'),
    ...['--bind', plan.sockets, insideSockets, '--chdir', '/'],
    ...['--seccomp', String(plan.seccomp)],
    ...['--', '/usr/bin/prlimit', ...limits, desktopScript],
    // Nothing to the script, but a mark on the process, the same as on QEMU's.
    ...['-name', plan.name, '-pidfile', plan.pidFile],
  ];
}

export const desktopScript = '/usr/lib/porthole/os-level-desktop';

function room(path: string, sizeMb: number, mode: string): string[] {
  return ['--perms', mode, '--size', String(sizeMb * 1024 * 1024), '--tmpfs', path];
}

function environment({ memoryMb, hasProxy }: InnerPlan): string[] {
  const proxy = hasProxy
    ? { http_proxy: proxyUrl, https_proxy: proxyUrl, no_proxy: 'localhost,127.0.0.1' }
    : {};
  return Object.entries({ PORTHOLE_MEMORY: String(memoryMb), ...proxy }).flatMap(
    ([name, value]) => ['--setenv', name, value],
  );
}
