/** Processors for which the numbers of system calls are known here. */
export type Architecture = 'x86-64' | 'aarch64';

/**
 * What a desktop that shares the kernel of its host never needs, and what holes in the kernel were
 * reached by before: numbers of system calls, by architecture (asm/unistd_64.h, asm-generic/unistd.h).
 * Null where there is no such call. From 424 on the numbers are the same everywhere.
 */
const refused = {
  // The view of the file system
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  // New namespaces
  unshare: [272, 97],
  setns: [308, 268],
  // Other processes
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  kcmp: [312, 272],
  pidfd_getfd: [438, 438],
  // The kernel itself
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  reboot: [169, 142],
  swapon: [167, 224],
  swapoff: [168, 225],
  syslog: [103, 116],
  acct: [163, 89],
  iopl: [172, null],
  ioperm: [173, null],
  // Its clock and name
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  clock_adjtime: [305, 266],
  sethostname: [170, 161],
  setdomainname: [171, 162],
  // Wide parts of it that desktops have no use for
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  lookup_dcookie: [212, 18],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
} as const satisfies Record<string, readonly [number, number | null]>;

export type Calls = {
  /** AUDIT_ARCH_… of linux/audit.h. */
  audit: number;
  refused: readonly number[];
  clone: number;
  clone3: number;
  /** From here on, numbers are of another convention (x32) for the same processor. */
  foreignFrom: number | null;
};

export function callsOf(architecture: Architecture): Calls {
  const column = architecture === 'x86-64' ? 0 : 1;
  const numbers = Object.values(refused).map((pair) => pair[column]);
  return {
    refused: numbers.filter((number) => number !== null),
    clone3: 435,
    ...(architecture === 'x86-64'
      ? { audit: 0xc000003e, clone: 56, foreignFrom: 0x40000000 }
      : { audit: 0xc00000b7, clone: 220, foreignFrom: null }),
  };
}

/** By Node's name for it (process.arch); null for one whose numbers are not known. */
export function architectureOf(nodeName: string): Architecture | null {
  if (nodeName === 'x64') return 'x86-64';
  return nodeName === 'arm64' ? 'aarch64' : null;
}
