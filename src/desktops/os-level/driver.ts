import { open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../../contract/errors.ts';
import type { ConfinedCommand, Confinement } from '../confinement/confinement.ts';
import { type Driver, proxyOf } from '../driver.ts';
import type { MachineSpec } from '../engine.ts';
import type { ImageSource } from '../image-source.ts';
import { type MachinePaths, machineName } from '../qemu/machine-paths.ts';
import { deskFolder, makeDeskFolder } from './host-sockets.ts';
import { innerArgs } from './inner-command.ts';
import { OsLevelGuest, type OsLevelGuestDeps } from './os-level-guest.ts';
import { seccompFilter } from './seccomp.ts';
import { type Architecture, architectureOf } from './system-calls.ts';
import { VerifiedRoots } from './verified-roots.ts';

export type OsLevelDriverDeps = OsLevelGuestDeps & {
  images: Pick<ImageSource, 'find'>;
  confinement: Confinement;
  /** As Node calls the processor (process.arch). */
  arch: string;
  /** Path or name of bubblewrap; default `bwrap`. */
  bwrap?: string;
};

/** The descriptor of the filter of system calls, in the process. */
const seccompDescriptor = 3;

/** Desktops that share the kernel of this host, apart by namespaces. */
export function createOsLevelDriver(deps: OsLevelDriverDeps): Driver {
  const roots = new VerifiedRoots();
  return {
    accelerator: null,
    async begin(spec, paths, signal) {
      if (spec.disk.kind === 'kept') {
        const detail = 'an os-level desktop has no disk that could be kept';
        throw new CodedError('guest-failed', { detail });
      }
      const architecture = knownArchitecture(deps.arch);
      const image = await deps.images.find(spec.image);
      const root = await roots.of(image, signal);
      await makeDeskFolder(paths);
      return {
        origin: { kind: 'boot', reason: '' },
        ready: 'marker',
        spawn: () => spawnDesktop(spec, paths, { root, architecture }, deps),
        restore: null,
      };
    },
    async wake() {
      throw new CodedError('suspend-unsupported');
    },
    found: (identity, spec, paths) => OsLevelGuest.found(spec.id, identity, paths, deps),
  };
}

async function spawnDesktop(
  spec: MachineSpec,
  paths: MachinePaths,
  { root, architecture }: { root: string; architecture: Architecture },
  deps: OsLevelDriverDeps,
): Promise<OsLevelGuest> {
  const command = await confinedCommand(spec, paths, root, deps);
  const file = join(paths.folder, 'seccomp.bpf');
  await writeFile(file, seccompFilter(architecture));
  const filter = await open(file, 'r');
  try {
    // Only the descriptor counts.
    await rm(file);
    return await OsLevelGuest.spawn(
      spec.id,
      { qemu: command.program, args: command.args, descriptors: [filter.fd] },
      paths,
      deps,
    );
  } finally {
    await filter.close();
  }
}

/** @throws sandbox-missing when there is no bubblewrap */
async function confinedCommand(
  spec: MachineSpec,
  paths: MachinePaths,
  root: string,
  { confinement, bwrap = 'bwrap' }: OsLevelDriverDeps,
): Promise<ConfinedCommand> {
  const sockets = deskFolder(paths);
  const proxySocket = proxyOf(spec, paths);
  const args = innerArgs({
    name: machineName(spec.id),
    pidFile: paths.pidFile,
    hostname: spec.hostname,
    root,
    sockets,
    homeMb: spec.homeMb,
    memoryMb: spec.memoryMb,
    hasProxy: proxySocket !== null,
    seccomp: seccompDescriptor,
  });
  const reach = {
    machineId: spec.id,
    writable: [sockets],
    // What leads to the proxy goes through the folder that it is in. The inside does not see it.
    readable: proxySocket === null ? [root] : [root, paths.sockets],
    devices: [],
    proxySocket,
    nested: true,
  };
  return await confinement.wrap({ program: bwrap, args }, reach).catch((error: unknown) => {
    const isMissing = error instanceof CodedError && error.code === 'tool-missing';
    throw isMissing ? new CodedError('sandbox-missing', { detail: bwrap, cause: error }) : error;
  });
}

/** @throws sandbox-missing: without a filter of system calls nothing is started */
function knownArchitecture(nodeName: string): Architecture {
  const architecture = architectureOf(nodeName);
  if (architecture !== null) return architecture;
  const detail = `the numbers of system calls are not known for ${nodeName}`;
  throw new CodedError('sandbox-missing', { detail });
}
