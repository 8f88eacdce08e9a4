import { rename, rm } from 'node:fs/promises';
import type { Accelerator } from '../../contract/desktop.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Origin } from '../../contract/host.ts';
import type { Beginning, Driver } from '../driver.ts';
import type { MachineSpec } from '../engine.ts';
import type { ImageSource } from '../image-source.ts';
import type { StoredImage } from '../images/stored-image.ts';
import { isThere } from '../is-there.ts';
import { draftOf } from '../machine-record.ts';
import type { ProcessIdentity } from '../process-table.ts';
import { filesOfImage } from '../templates/read-files.ts';
import type { ReadyTemplate, TemplateKind, Templates } from '../templates/template.ts';
import { CloneBeginning } from './clone-beginning.ts';
import type { MachinePaths } from './machine-paths.ts';
import { type GuestDeps, QemuGuest } from './qemu-guest.ts';
import { type SpawnDeps, spawnGuest } from './spawn-guest.ts';
import { WakeBeginning } from './wake-beginning.ts';

export type QemuDriverDeps = GuestDeps &
  SpawnDeps & {
    images: ImageSource;
    templates: Templates;
    accelerator: Accelerator;
  };

/** Full and para-virtualization. */
export class QemuDriver implements Driver {
  readonly accelerator: Accelerator;
  readonly #deps: QemuDriverDeps;

  constructor(deps: QemuDriverDeps) {
    this.accelerator = deps.accelerator;
    this.#deps = deps;
  }

  async begin(spec: MachineSpec, paths: MachinePaths, signal: AbortSignal): Promise<Beginning> {
    const { images } = this.#deps;
    const image = await images.find(spec.image);
    signal.throwIfAborted();
    const found = await this.#templateFor(spec);
    if ('reason' in found) return this.#boot(spec, paths, { image, reason: found.reason }, signal);
    return await CloneBeginning.make(spec, paths, { image, template: found.template }, this.#deps);
  }

  async wake(
    spec: MachineSpec,
    paths: MachinePaths,
    origin: Origin,
    signal: AbortSignal,
  ): Promise<Beginning> {
    const image = await this.#deps.images.find(spec.image);
    signal.throwIfAborted();
    const template =
      origin.kind === 'clone' ? await this.#ownTemplate(spec, origin.template) : null;
    const files = withOwnDisk(spec, paths);
    const readable = await this.#readableOf(image, origin);
    return new WakeBeginning(spec, files, { image, template, origin, readable }, this.#deps);
  }

  found(identity: ProcessIdentity, spec: MachineSpec, paths: MachinePaths): QemuGuest {
    return QemuGuest.found(identity, spec, withOwnDisk(spec, paths), this.#deps);
  }

  async #templateFor(spec: MachineSpec) {
    if (!spec.clone) return { reason: '' };
    if (spec.disk.kind === 'kept') return { reason: 'it has a disk of its own' };
    return await this.#deps.templates.find(templateKindOf(spec));
  }

  /** The one that it was cloned from, if that is still there. */
  async #ownTemplate(spec: MachineSpec, id: string): Promise<ReadyTemplate | null> {
    const found = await this.#deps.templates.find(templateKindOf(spec));
    return 'template' in found && found.template.id === id ? found.template : null;
  }

  /** The disk names what it lies on too, but what a guest's QEMU could write is not to be believed. */
  async #readableOf(image: StoredImage, origin: Origin): Promise<readonly string[]> {
    if (origin.kind === 'boot') return filesOfImage(image);
    const files = await this.#deps.templates.readFiles(origin.template);
    if (files !== null) return files;
    throw new CodedError('guest-failed', { detail: 'the template that its disk lies on is gone' });
  }

  async #boot(
    spec: MachineSpec,
    paths: MachinePaths,
    { image, reason }: { image: StoredImage; reason: string },
    signal: AbortSignal,
  ): Promise<Beginning> {
    const files = withOwnDisk(spec, paths);
    await this.#makeDisk(spec, image, files.disk, signal);
    const life = {
      image,
      memory: { kind: 'anonymous', balloon: true },
      incoming: false,
      readable: filesOfImage(image),
      descriptors: [],
    } as const;
    return {
      origin: { kind: 'boot', reason },
      ready: image.manifest.ready,
      spawn: () => spawnGuest(spec, files, life, this.#deps),
      restore: null,
    };
  }

  async #makeDisk(
    spec: MachineSpec,
    image: StoredImage,
    disk: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { images } = this.#deps;
    if (spec.disk.kind === 'fresh') return await images.createOverlay(image, disk, signal);
    if (await isThere(disk)) return;
    // A disk that is kept is there as a whole, or not at all.
    const draft = draftOf(disk);
    try {
      await images.createOverlay(image, draft, signal);
      await rename(draft, disk);
    } finally {
      await rm(draft, { force: true });
    }
  }
}

/** The kind of template that machines of this kind are cloned from. */
export function templateKindOf({ engine, ...spec }: MachineSpec): TemplateKind {
  if (engine === 'os-level') throw new CodedError('suspend-unsupported');
  const { image, memoryMb, cpus, network } = spec;
  return { image, engine, memoryMb, cpus, hasNetwork: network.kind !== 'none' };
}

function withOwnDisk({ disk }: MachineSpec, paths: MachinePaths): MachinePaths {
  return disk.kind === 'kept' ? { ...paths, disk: disk.path } : paths;
}
