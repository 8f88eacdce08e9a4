import { join } from 'node:path';
import type { MachinePaths } from '../qemu/machine-paths.ts';

/**
 * Where the files of a guest are that becomes a template. The guest gets a folder of its own, inside
 * the draft: what lies beside it is out of its reach.
 */
export function draftPaths(draft: string, sockets: string): MachinePaths {
  const folder = join(draft, 'guest');
  return {
    folder,
    consoleLog: join(folder, 'console.log'),
    qemuLog: join(draft, 'qemu.log'),
    record: join(draft, 'template.json'),
    disk: join(folder, 'disk.qcow2'),
    savedState: join(draft, 'state'),
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
