import type { Accelerator, Engine } from '../../contract/desktop.ts';
import { fullHardware } from './full.ts';
import { type MachinePaths, machineName } from './machine-paths.ts';
import { escapeCommas, option } from './option.ts';
import { paraHardware } from './para.ts';

/** How the guest comes up: QEMU loads a kernel itself, or the firmware boots the disk. */
export type Boot =
  | { kind: 'kernel'; kernel: string; initrd: string; cmdline: string }
  | { kind: 'disk' };

/** Everything that a command line depends on. Sizes in MiB, paths absolute. */
export type QemuPlan = {
  id: string;
  engine: Engine;
  accelerator: Accelerator;
  memoryMb: number;
  cpus: number;
  boot: Boot;
  paths: MachinePaths;
};

/** The arguments for QEMU, without the program itself. Pure. */
export function qemuArgs(plan: QemuPlan): string[] {
  return [
    ...confinement,
    ...identity(plan),
    ...processor(plan),
    ...channels(plan.paths),
    ...disk(plan.paths),
    ...(plan.engine === 'full' ? fullHardware : paraHardware),
    ...boot(plan.boot),
  ];
}

/** Nothing that was not asked for, and nothing that a guest breaking out of QEMU could use. */
const confinement = [
  '-nodefaults',
  '-no-user-config',
  '-sandbox',
  'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny',
  '-nic',
  'none',
  '-audiodev',
  'none,id=silence',
];

function identity({ id, paths }: QemuPlan): string[] {
  return ['-name', machineName(id), '-uuid', id, '-pidfile', paths.pidFile];
}

function processor({ engine, accelerator, memoryMb, cpus }: QemuPlan): string[] {
  return [
    '-machine',
    // vmport is VMware's back door; a core dump with the guest's memory would keep its secrets.
    option(engine === 'full' ? 'pc' : 'q35', { vmport: 'off', 'dump-guest-core': 'off' }),
    ...accelArgs(accelerator),
    '-smp',
    String(cpus),
    '-m',
    `${memoryMb}M`,
    '-rtc',
    'base=utc',
  ];
}

/** How guest code is executed, with every processor feature there is: desktops never move. */
export function accelArgs(accelerator: Accelerator): string[] {
  // Without a limit, translated code takes up to 1 GiB per guest.
  if (accelerator === 'tcg') return ['-accel', option('tcg', { 'tb-size': 64 }), '-cpu', 'max'];
  return ['-accel', accelerator, '-cpu', accelerator === 'whpx' ? 'max' : 'host'];
}

function channels(paths: MachinePaths): string[] {
  const served = { server: 'on', wait: 'off' };
  return [
    '-chardev',
    option('socket', { id: 'qmp', path: paths.qmp, ...served }),
    '-mon',
    'chardev=qmp,mode=control',
    // Shared, since a gateway that reconnects must not be locked out by its own dead connection.
    '-display',
    'none',
    '-vnc',
    `unix:${escapeCommas(paths.rfb)},share=force-shared`,
    // QEMU writes the log itself, so that it has no gap while no broker runs.
    '-chardev',
    option('file', { id: 'console', path: paths.consoleLog, append: 'on' }),
    '-device',
    'isa-serial,chardev=console,index=0',
    '-chardev',
    option('socket', { id: 'agent', path: paths.agent, ...served }),
  ];
}

function disk(paths: MachinePaths): string[] {
  return [
    '-blockdev',
    option('driver=qcow2', {
      'node-name': 'disk',
      'file.driver': 'file',
      'file.filename': paths.disk,
      discard: 'unmap',
      // The disk is thrown away with the desktop: there is no power cut that it has to survive.
      'cache.no-flush': 'on',
    }),
  ];
}

function boot(plan: Boot): string[] {
  if (plan.kind === 'disk') return ['-boot', 'order=c,menu=off'];
  return ['-kernel', plan.kernel, '-initrd', plan.initrd, '-append', plan.cmdline];
}
