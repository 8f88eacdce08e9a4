import { join } from 'node:path';
import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../contract/clock.ts';
import type { Accelerator } from '../contract/desktop.ts';
import { CodedError } from '../contract/errors.ts';
import { probeAccelerator } from '../desktops/accelerator.ts';
import type { Host } from '../desktops/engine.ts';
import { createHost } from '../desktops/host.ts';
import { ImageLibrary } from '../desktops/images/library.ts';
import { runTool } from '../desktops/images/tools.ts';
import { verifiedImages } from '../desktops/images/verified-images.ts';
import type { Config } from './config.ts';

export type HostDeps = { log: FastifyBaseLogger; clock: Clock };

const qemu = 'qemu-system-x86_64';

/** The host of this machine: its QEMU, run as it runs best, and the images in its cache. */
export async function openQemuHost(config: Config, deps: HostDeps): Promise<Host> {
  const { dataDir, runtimeDir, cacheDir, limits } = config;
  const { log, clock } = deps;
  const library = new ImageLibrary({
    root: join(cacheDir, 'images'),
    run: runTool,
    now: () => clock.now(),
  });
  return createHost({
    dataDir,
    runtimeDir,
    images: verifiedImages(library),
    qemu,
    accelerator: await chooseAccelerator(cacheDir, deps),
    log,
    clock,
    bootTimeoutMs: limits.bootTimeoutSeconds * 1000,
  });
}

/** A broker without QEMU still tells its users what is missing, desktop by desktop. */
async function chooseAccelerator(cacheDir: string, { log, clock }: HostDeps): Promise<Accelerator> {
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
