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
  /** Also what a QEMU process is recognized by, together with its name. */
  pidFile: string;
  /** Folder of the sockets; mode 0700. */
  sockets: string;
  qmp: string;
  rfb: string;
  agent: string;
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
    pidFile: join(folder, 'qemu.pid'),
    sockets,
    qmp: join(sockets, 'qmp'),
    rfb: join(sockets, 'rfb'),
    agent: join(sockets, 'agent'),
  };
}

/** Whether sockets below this folder get addresses that the system accepts. */
export function fitsSockets(runtimeDir: string): boolean {
  const longest = join(runtimeDir, shortId('0'.repeat(36)), 'picture.png');
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
