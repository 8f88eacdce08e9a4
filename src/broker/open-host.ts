import { mkdir } from 'node:fs/promises';
import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../contract/clock.ts';
import type { Accelerator } from '../contract/desktop.ts';
import { CodedError } from '../contract/errors.ts';
import { probeAccelerator } from '../desktops/accelerator.ts';
import { defaultAdmissionPolicy, reserveOf } from '../desktops/accounting/admission-policy.ts';
import { createAccountant, figuresHere } from '../desktops/accounting/create-accountant.ts';
import { createLimits } from '../desktops/accounting/create-limits.ts';
import { createRelief } from '../desktops/accounting/relief.ts';
import { defaultReliefPolicy } from '../desktops/accounting/relief-policy.ts';
import { createConfinement } from '../desktops/confinement/create-confinement.ts';
import type { Host } from '../desktops/engine.ts';
import { createHost } from '../desktops/host.ts';
import type { ImageLibrary } from '../desktops/images/library.ts';
import { runTool } from '../desktops/images/tools.ts';
import { verifiedImages } from '../desktops/images/verified-images.ts';
import { createNetworks } from '../desktops/network/create-networks.ts';
import { createOsLevelDriver } from '../desktops/os-level/driver.ts';
import { procTable } from '../desktops/process-table.ts';
import { createTemplates } from '../desktops/templates/create-templates.ts';
import { templatesInUse } from '../desktops/templates-in-use.ts';
import type { Config } from './config.ts';

export type HostDeps = {
  log: FastifyBaseLogger;
  clock: Clock;
  images: ImageLibrary;
  /** Memory is short, and idle guests have no more to give back. */
  onPressure(): void;
};

/** A host with everything that it is made of, and whether it has memory to spare. */
export type OpenedHost = { host: Host; hasRoom(): boolean; close(): Promise<void> };

const qemu = 'qemu-system-x86_64';

/** The host of this machine: its QEMU, run as it runs best, its namespaces, and its own figures. */
export async function openHost(config: Config, deps: HostDeps): Promise<OpenedHost> {
  const { dataDir, runtimeDir, cacheDir, keyboard, limits: brokerLimits } = config;
  const { log, clock, onPressure } = deps;
  const { platform, arch } = process;
  // Its disk is measured from the first moment.
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const processes = procTable();
  const searchPath = process.env.PATH ?? '';
  const accelerator = await chooseAccelerator(cacheDir, deps);
  const images = verifiedImages(deps.images);
  const bootTimeoutMs = brokerLimits.bootTimeoutSeconds * 1000;
  const confinement = createConfinement({ uid: process.getuid?.() ?? null, platform, searchPath });
  const shared = {
    ...{ log, clock, processes, confinement, images, bootTimeoutMs },
    ...{ qemu, accelerator, keyboard },
  };
  const limits = await createLimits({ clock, log });
  const policy = { ...defaultAdmissionPolicy, overcommit: config.overcommit };
  const networks = createNetworks({
    clock,
    log,
    onRefused: (machineId, destination, reason) => {
      log.info({ machineId, destination, reason }, 'a guest was refused a destination');
    },
  });
  const figures = figuresHere(dataDir, networks.trafficOf);
  const accountant = await createAccountant({
    figures,
    policy,
    accelerator,
    limits: limits.how,
    clock,
    log,
  });
  const templates = await createTemplates({
    ...shared,
    cacheDir,
    runtimeDir,
    run: runTool,
    searchPath,
    inUse: () => templatesInUse({ dataDir, runtimeDir }),
  });
  const osLevel = platform === 'linux' ? createOsLevelDriver({ ...shared, arch }) : null;
  const host = await createHost({
    ...shared,
    dataDir,
    runtimeDir,
    accountant,
    limits,
    networks,
    templates,
    osLevel,
  });
  const reserveBytes = () => reserveOf(policy, host.usage().memoryBytes);
  const relief = createRelief({
    host: () => host.usage(),
    machines: () => host.machines(),
    reserveBytes,
    onPressure,
    policy: defaultReliefPolicy,
    clock,
    log,
  });
  return {
    host,
    hasRoom: () => relief.state === 'calm',
    close: async () => {
      relief.dispose();
      await templates.dispose();
      await networks.dispose();
      await accountant.dispose();
    },
  };
}

/** A broker without QEMU still tells its users what is missing, desktop by desktop. */
async function chooseAccelerator(
  cacheDir: string,
  { log, clock }: Pick<HostDeps, 'log' | 'clock'>,
): Promise<Accelerator> {
  try {
    const { accelerator, proof } = await probeAccelerator({ qemu, cacheDir, clock });
    log.info({ accelerator, proof }, 'accelerator');
    return accelerator;
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'qemu-missing') throw error;
    log.warn({ code: error.code }, error.problem.remedy);
    return 'tcg';
  }
}
