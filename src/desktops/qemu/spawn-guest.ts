import { open } from 'node:fs/promises';
import type { Accelerator } from '../../contract/desktop.ts';
import type { KeyboardLayout } from '../../contract/keyboard.ts';
import type { Confinement, Reach } from '../confinement/confinement.ts';
import { proxyOf } from '../driver.ts';
import type { MachineSpec } from '../engine.ts';
import type { StoredImage } from '../images/stored-image.ts';
import { bootOf } from '../machine-boot.ts';
import { type Memory, qemuArgs } from './args.ts';
import { macOf } from './identity.ts';
import { type MachinePaths, qemuFolder } from './machine-paths.ts';
import { makeQemuFolder, pathsForQemu } from './own-sockets.ts';
import { type GuestDeps, QemuGuest } from './qemu-guest.ts';

export type SpawnDeps = GuestDeps & {
  /** Path or name of the program. */
  qemu: string;
  accelerator: Accelerator;
  /** What guests that are told of it begin with. */
  keyboard: KeyboardLayout;
  confinement: Confinement;
};

/** How a guest comes to life. */
export type Life = {
  image: StoredImage;
  memory: Memory;
  incoming: boolean;
  /** What it reads beside its own files. */
  readable: readonly string[];
  /** Handed over as 3, 4, … */
  descriptors: readonly number[];
};

/** Starts QEMU, confined. `paths.disk` is there. @throws qemu-missing, sandbox-missing, guest-failed */
export async function spawnGuest(
  spec: MachineSpec,
  paths: MachinePaths,
  { image, memory, incoming, readable, descriptors }: Life,
  deps: SpawnDeps,
): Promise<QemuGuest> {
  const { qemu, accelerator, keyboard, confinement } = deps;
  if (spec.engine === 'os-level') throw new Error('QEMU virtualizes no operating system');
  await Promise.all([makeQemuFolder(paths), makePidFile(paths)]);
  const args = qemuArgs({
    id: spec.id,
    engine: spec.engine,
    accelerator,
    memoryMb: spec.memoryMb,
    cpus: spec.cpus,
    boot: bootOf(image, spec, keyboard),
    memory,
    incoming,
    network: spec.network.kind === 'none' ? null : { mac: macOf(spec.id) },
    keepsDisk: spec.disk.kind === 'kept',
    paths: pathsForQemu(paths),
  });
  const command = { program: qemu, args };
  const confined = await confinement.wrap(command, reachOf(spec, paths, accelerator, readable));
  return await QemuGuest.spawn(
    { qemu: confined.program, args: confined.args, descriptors },
    spec,
    paths,
    deps,
  );
}

/** Single files can be handed over to a process only when they are there. */
async function makePidFile({ pidFile }: MachinePaths): Promise<void> {
  await (await open(pidFile, 'w', 0o600)).close();
}

/**
 * Single files rather than their folder: what is in there beside them, such as the record, is for
 * the broker alone.
 */
function reachOf(
  spec: MachineSpec,
  paths: MachinePaths,
  accelerator: Accelerator,
  readable: readonly string[],
): Reach {
  const proxySocket = proxyOf(spec, paths);
  return {
    machineId: spec.id,
    writable: [paths.disk, paths.consoleLog, paths.pidFile, qemuFolder(paths)],
    // In the folder of the sockets it finds that which its state is to be sent to. The way to the
    // proxy leads there anyway.
    readable: proxySocket === null ? [...readable, paths.sockets] : readable,
    devices: accelerator === 'kvm' ? ['/dev/kvm'] : [],
    proxySocket,
  };
}
