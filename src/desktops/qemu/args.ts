import type { Accelerator, Engine } from '../../contract/desktop.ts';
import { fullHardware } from './full.ts';
import { type MachinePaths, machineName } from './machine-paths.ts';
import { escapeCommas, option } from './option.ts';
import { paraHardware } from './para.ts';

/** How the guest comes up: QEMU loads a kernel itself, or the firmware boots the disk. */
export type Boot =
  | { kind: 'kernel'; kernel: string; initrd: string; cmdline: string }
  | { kind: 'disk' };

/**
 * Where the guest's memory is.
 * - anonymous: nowhere but in QEMU, and with a balloon the guest gives back what it does not use
 * - captured: in the file, which becomes that of a template
 * - mapped: copy-on-write from the descriptor, a template's
 */
export type Memory =
  | { kind: 'anonymous'; balloon: boolean }
  | { kind: 'captured'; file: string }
  | { kind: 'mapped'; descriptor: number };

/** A network card on a network of QEMU's own, which leads nowhere but where its namespace does. */
export type NetworkCard = { mac: string };

/** Everything that a command line depends on. Sizes in MiB, paths absolute. */
export type QemuPlan = {
  id: string;
  engine: Engine;
  accelerator: Accelerator;
  memoryMb: number;
  cpus: number;
  boot: Boot;
  memory: Memory;
  /** Whether it waits for a state to be sent to it (`migrate-incoming`), rather than boot. */
  incoming: boolean;
  network: NetworkCard | null;
  /** Whether the disk outlives the machine, and so has to survive a power cut. */
  keepsDisk?: boolean;
  paths: MachinePaths;
};

/** The arguments for QEMU, without the program itself. Pure. */
export function qemuArgs(plan: QemuPlan): string[] {
  return [
    ...confinement,
    ...identity(plan),
    ...processor(plan),
    ...channels(plan.paths),
    ...disk(plan),
    ...(plan.engine === 'full' ? fullHardware : paraHardware(plan.boot.kind)),
    ...balloon(plan),
    ...networkCard(plan),
    ...boot(plan.boot),
    ...(plan.incoming ? ['-incoming', 'defer'] : []),
  ];
}

/** Nothing that was not asked for, and nothing that a guest breaking out of QEMU could use. */
const confinement = [
  '-nodefaults',
  '-no-user-config',
  '-sandbox',
  'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny',
  '-audiodev',
  'none,id=silence',
];

function identity({ id, paths }: QemuPlan): string[] {
  return [
    '-name',
    machineName(id),
    '-uuid',
    id,
    '-pidfile',
    paths.pidFile,
    // When it is another one than before, the guest's kernel mixes its random pool anew.
    '-device',
    option('vmgenid', { guid: id }),
  ];
}

function processor({ engine, accelerator, memoryMb, cpus, ...plan }: QemuPlan): string[] {
  return [
    ...memoryBackend(plan.memory, memoryMb),
    '-machine',
    option(engine === 'full' ? 'pc' : 'q35', {
      // VMware's back door.
      vmport: 'off',
      // A core dump with the guest's memory would keep its secrets.
      'dump-guest-core': 'off',
      'memory-backend': 'memory',
    }),
    ...accelArgs(accelerator),
    '-smp',
    String(cpus),
    '-m',
    `${memoryMb}M`,
    '-rtc',
    'base=utc',
  ];
}

function memoryBackend(memory: Memory, sizeMb: number): string[] {
  const values = { id: 'memory', size: `${sizeMb}M` };
  if (memory.kind === 'anonymous') return ['-object', option('memory-backend-ram', values)];
  const file =
    memory.kind === 'captured'
      ? { 'mem-path': memory.file, share: 'on' }
      : { 'mem-path': `/proc/self/fd/${memory.descriptor}`, share: 'off' };
  return ['-object', option('memory-backend-file', { ...values, ...file })];
}

/**
 * Memory that the guest does not use goes back to the host. Only where the memory is the guest's
 * own: QEMU gives pages back by punching holes into the file that they are mapped from
 * (ram_block_discard_range), which of a template are everybody's. A guest that began as a clone has
 * no balloon even when its memory has become its own: each device that it had has to be there.
 */
function balloon({ engine, memory }: QemuPlan): string[] {
  if (engine === 'full' || memory.kind !== 'anonymous' || !memory.balloon) return [];
  const values = { id: 'balloon', 'free-page-reporting': 'on', 'deflate-on-oom': 'on' };
  return ['-device', option('virtio-balloon-pci', values)];
}

function networkCard({ engine, network }: QemuPlan): string[] {
  if (network === null) return ['-nic', 'none'];
  const model = engine === 'full' ? 'e1000' : 'virtio-net-pci';
  return [
    '-netdev',
    option('user', { id: 'network', ipv6: 'off' }),
    '-device',
    // Without the ROM that it would boot from the network by.
    option(model, { netdev: 'network', mac: network.mac, romfile: '' }),
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
    // Lossy only for a client that asks for a quality, which it does on a poor link alone.
    `unix:${escapeCommas(paths.rfb)},share=force-shared,lossy=on`,
    // QEMU writes the log itself, so that it has no gap while no broker runs.
    '-chardev',
    option('file', { id: 'console', path: paths.consoleLog, append: 'on' }),
    '-device',
    'isa-serial,chardev=console,index=0',
    '-chardev',
    option('socket', { id: 'agent', path: paths.agent, ...served }),
    // Over which a clone is told who it is.
    '-chardev',
    option('socket', { id: 'identity', path: paths.identity, ...served }),
  ];
}

function disk({ paths, keepsDisk = false }: QemuPlan): string[] {
  return [
    '-blockdev',
    option('driver=qcow2', {
      'node-name': 'disk',
      'file.driver': 'file',
      'file.filename': paths.disk,
      discard: 'unmap',
      // A disk that is thrown away with the desktop has no power cut to survive.
      ...(keepsDisk ? {} : { 'cache.no-flush': 'on' }),
    }),
  ];
}

function boot(plan: Boot): string[] {
  if (plan.kind === 'disk') return ['-boot', 'order=c,menu=off'];
  return ['-kernel', plan.kernel, '-initrd', plan.initrd, '-append', plan.cmdline];
}
