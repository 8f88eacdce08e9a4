import { randomUUID } from 'node:crypto';
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { pause } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Confinement } from '../confinement/confinement.ts';
import { ConsoleLog } from '../console-log.ts';
import type { ImageSource } from '../image-source.ts';
import { checksumOf } from '../images/checksum.ts';
import { readyMarker } from '../images/manifest.ts';
import type { StoredImage } from '../images/stored-image.ts';
import type { RunTool } from '../images/tools.ts';
import { openWorkspace } from '../images/workspace.ts';
import { bootOf } from '../machine-boot.ts';
import { qemuArgs } from '../qemu/args.ts';
import type { MachinePaths } from '../qemu/machine-paths.ts';
import { createBlankOverlay } from './blank-overlay.ts';
import { collect } from './collect.ts';
import { draftPaths } from './draft-paths.ts';
import { templateMac, templateSpec } from './foundation.ts';
import { filesOfImage } from './read-files.ts';
import type { TemplateKind } from './template.ts';
import { templateFile } from './template-folder.ts';
import { TemplateGuest, type TemplateGuestDeps } from './template-guest.ts';
import {
  type Foundation,
  type TemplateFileName,
  type TemplateRecord,
  writeTemplateRecord,
} from './template-record.ts';

/** What a guest prints on its first serial port when all its services run. */
export const settledMarker = 'porthole: desktop settled';

/** Milliseconds in which what said that the guest has settled ends too: each clone would end it again. */
const lingerMs = 500;

/** `verifying` reads all once more. */
export type CaptureStage = 'booting' | 'settling' | 'saving' | 'verifying';

export type CaptureOrder = { kind: TemplateKind; image: StoredImage; foundation: Foundation };

/**
 * Boots a guest and makes a template of it. Killed at any point, it leaves nothing that counts.
 * Resolves with the id of the template, or with null when the guest does not say that it has settled:
 * then nothing in it listens for who it is to be.
 * @throws guest-boot-timeout, guest-failed, qemu-missing, sandbox-missing, disk-full, image-damaged;
 *   the signal's reason
 */
export type Capture = (
  order: CaptureOrder,
  progress: { signal: AbortSignal; onStage: (stage: CaptureStage) => void },
) => Promise<string | null>;

export type CaptureDeps = TemplateGuestDeps & {
  /** Folder of all templates. */
  root: string;
  /** For sockets. */
  runtimeDir: string;
  images: ImageSource;
  confinement: Confinement;
  run: RunTool;
  /** Path or name of QEMU. */
  qemu: string;
  /** Milliseconds until the desktop has to be painted. */
  bootTimeoutMs: number;
  /** Milliseconds after that, until the guest has to have settled. */
  settleTimeoutMs: number;
};

export function captureWith(deps: CaptureDeps): Capture {
  return async (order, progress) => {
    const { signal, onStage } = progress;
    const draft = await openWorkspace(deps.root, 'capturing');
    const sockets = await openWorkspace(deps.runtimeDir, 'capturing');
    const id = randomUUID();
    try {
      const paths = draftPaths(draft.path, sockets.path);
      const final = join(deps.root, id);
      await makeDisks(order.image, paths, { draft: draft.path, final }, deps, signal);
      onStage('booting');
      if (!(await runGuest(id, order, paths, deps, progress))) return null;
      onStage('verifying');
      await collect(paths, draft.path);
      await writeTemplateRecord(draft.path, await recordOf(id, order, draft.path, deps, signal));
      signal.throwIfAborted();
      await rename(draft.path, final);
      return id;
    } finally {
      await deps.confinement.release(id);
      await sockets.dispose();
      await draft.dispose();
    }
  };
}

/**
 * All disks are made before the guest runs, and none of those that it writes to is opened by our own
 * tools afterwards: what a hostile guest writes there never reaches a program that is not confined.
 */
async function makeDisks(
  image: StoredImage,
  paths: MachinePaths,
  { draft, final }: { draft: string; final: string },
  { images, run }: CaptureDeps,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(paths.folder, { mode: 0o700 });
  await images.createOverlay(image, paths.disk, signal);
  const disk = { draft: paths.disk, final: templateFile(final, 'disk.qcow2') };
  await createBlankOverlay(run, disk, templateFile(draft, 'blank.qcow2'), signal);
}

/** Whether it has settled, and was saved. */
async function runGuest(
  id: string,
  order: CaptureOrder,
  paths: MachinePaths,
  deps: CaptureDeps,
  { signal, onStage }: Parameters<Capture>[1],
): Promise<boolean> {
  await (await open(paths.consoleLog, 'a', 0o600)).close();
  const command = await confined(id, order, paths, deps);
  const guest = await TemplateGuest.boot(command, paths, { ...deps, signal });
  try {
    await waitForLine(readyMarker, guest, paths, {
      timeoutMs: deps.bootTimeoutMs,
      signal,
      late: () => new CodedError('guest-boot-timeout'),
    });
    onStage('settling');
    if (!(await settles(guest, paths, deps, signal))) return false;
    await pause(deps.clock, lingerMs, signal);
    onStage('saving');
    await guest.saveDevices(paths.savedState, signal);
    return true;
  } finally {
    await guest.dispose();
  }
}

function confined(
  id: string,
  { kind, image, foundation }: CaptureOrder,
  paths: MachinePaths,
  { confinement, qemu }: CaptureDeps,
): Promise<{ program: string; args: string[] }> {
  const { accelerator, keyboard } = foundation;
  const args = qemuArgs({
    id,
    engine: kind.engine,
    accelerator,
    memoryMb: kind.memoryMb,
    cpus: kind.cpus,
    boot: bootOf(image, templateSpec(id, image.manifest.name, kind), keyboard),
    memory: { kind: 'captured', file: join(paths.folder, 'memory') },
    incoming: false,
    network: kind.hasNetwork ? { mac: templateMac } : null,
    paths,
  });
  return confinement.wrap(
    { program: qemu, args },
    {
      machineId: id,
      writable: [paths.folder, paths.sockets],
      readable: filesOfImage(image),
      devices: accelerator === 'kvm' ? ['/dev/kvm'] : [],
      proxySocket: null,
    },
  );
}

async function settles(
  guest: TemplateGuest,
  paths: MachinePaths,
  { settleTimeoutMs }: CaptureDeps,
  signal: AbortSignal,
): Promise<boolean> {
  const late = new CodedError('guest-boot-timeout', { detail: 'it does not settle' });
  try {
    const limits = { timeoutMs: settleTimeoutMs, signal, late: () => late };
    await waitForLine(settledMarker, guest, paths, limits);
    return true;
  } catch (error) {
    if (error === late) return false;
    throw error;
  }
}

async function waitForLine(
  line: string,
  guest: TemplateGuest,
  paths: MachinePaths,
  limits: { timeoutMs: number; signal: AbortSignal; late: () => Error },
): Promise<void> {
  const console = new ConsoleLog(paths.consoleLog, line);
  try {
    await guest.whileItRuns(limits, () => console.seen);
  } finally {
    console.dispose();
  }
}

async function recordOf(
  id: string,
  { foundation }: CaptureOrder,
  draft: string,
  { clock }: CaptureDeps,
  signal: AbortSignal,
): Promise<TemplateRecord> {
  const checksum = (name: TemplateFileName) => checksumOf(templateFile(draft, name), { signal });
  return {
    version: 1,
    id,
    foundation,
    files: {
      memory: await checksum('memory'),
      state: await checksum('state'),
      'disk.qcow2': await checksum('disk.qcow2'),
      'blank.qcow2': await checksum('blank.qcow2'),
    },
    created: new Date(clock.now()).toISOString(),
  };
}
