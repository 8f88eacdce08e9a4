import { join } from 'node:path';

/** sun_path of unix(7) has 108 bytes, one of them the end. Some systems have 104. */
const socketPathLimit = 100;

/** Where the files of one machine are. The first group stays after its end. */
export type MachinePaths = {
  /** Everything below is in here, or in `sockets`. */
  folder: string;
  consoleLog: string;
  qemuLog: string;
  record: string;
  disk: string;
  /** Memory and devices of a suspended guest, as QEMU's migration stream. */
  savedState: string;
  /** Also what a QEMU process is recognized by, together with its name. */
  pidFile: string;
  /** Folder of the sockets: the broker's, and guests can change nothing in it. */
  sockets: string;
  qmp: string;
  rfb: string;
  agent: string;
  /** Over which a clone is told who it is. */
  identity: string;
  /** The guest's way out, where it has one. */
  proxy: string;
  /** Over which QEMU sends memory and devices to be saved. */
  migration: string;
};

export type HostFolders = { dataDir: string; runtimeDir: string };

export function machinesFolder(dataDir: string): string {
  return join(dataDir, 'machines');
}

export function machinePaths({ dataDir, runtimeDir }: HostFolders, id: string): MachinePaths {
  const folder = join(machinesFolder(dataDir), id);
  const sockets = join(runtimeDir, shortId(id));
  return {
    folder,
    consoleLog: join(folder, 'console.log'),
    qemuLog: join(folder, 'qemu.log'),
    record: join(folder, 'machine.json'),
    disk: join(folder, 'disk.qcow2'),
    savedState: join(folder, 'saved-state'),
    pidFile: join(folder, 'qemu.pid'),
    sockets,
    qmp: join(sockets, 'qmp'),
    rfb: join(sockets, 'rfb'),
    agent: join(sockets, 'agent'),
    identity: join(sockets, 'identity'),
    proxy: join(sockets, 'proxy'),
    migration: join(sockets, 'migration'),
  };
}

/** Folder, below that of the sockets, in which QEMU makes its own. Pictures are written there too. */
export function qemuFolder({ sockets }: Pick<MachinePaths, 'sockets'>): string {
  return join(sockets, 'qemu');
}

/** Whether sockets below this folder get addresses that the system accepts. */
export function fitsSockets(runtimeDir: string): boolean {
  const sockets = join(runtimeDir, shortId('0'.repeat(36)));
  const longest = join(qemuFolder({ sockets }), 'identity');
  return Buffer.byteLength(longest) <= socketPathLimit;
}

/** What QEMU calls the machine, in process lists too. */
export function machineName(id: string): string {
  return `porthole-${id}`;
}

/** 64 bits of a UUID: enough to tell the machines of one host apart. */
function shortId(id: string): string {
  return id.replaceAll('-', '').slice(0, 16);
}
