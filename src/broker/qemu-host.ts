import { join } from 'node:path';
import type { FastifyBaseLogger } from 'fastify';
import type { Accelerator } from '../contract/desktop.ts';
import { CodedError } from '../contract/errors.ts';
import { probeAccelerator } from '../desktops/accelerator.ts';
import type { Host } from '../desktops/engine.ts';
import { createHost } from '../desktops/host.ts';
import { ImageLibrary } from '../desktops/images/library.ts';
import { runTool } from '../desktops/images/tools.ts';
import type { Config } from './config.ts';

const qemu = 'qemu-system-x86_64';

/** The host of this machine: its QEMU, run as it runs best, and the images in its cache. */
export async function openQemuHost(config: Config, log: FastifyBaseLogger): Promise<Host> {
  const { dataDir, runtimeDir, cacheDir, limits } = config;
  return createHost({
    dataDir,
    runtimeDir,
    images: new ImageLibrary({
      root: join(cacheDir, 'images'),
      run: runTool,
      now: () => Date.now(),
    }),
    qemu,
    accelerator: await chooseAccelerator(cacheDir, log),
    log,
    bootTimeoutMs: limits.bootTimeoutSeconds * 1000,
  });
}

/** A broker without QEMU still tells its users what is missing, desktop by desktop. */
async function chooseAccelerator(cacheDir: string, log: FastifyBaseLogger): Promise<Accelerator> {
  try {
    const { accelerator, proof } = await probeAccelerator({ qemu, cacheDir });
    log.info({ accelerator, proof }, 'accelerator');
    return accelerator;
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'qemu-missing') throw error;
    log.warn({ code: error.code }, error.problem.remedy);
    return 'tcg';
  }
}
