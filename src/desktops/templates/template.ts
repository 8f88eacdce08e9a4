import type { Engine } from '../../contract/desktop.ts';
import type { Problem } from '../../contract/errors.ts';

/** What machines have in common that are cloned from one template. Sizes in MiB. */
export type TemplateKind = {
  /** Id of an image in the library, or a name, which stands for its current version. */
  image: string;
  engine: Exclude<Engine, 'os-level'>;
  memoryMb: number;
  cpus: number;
  /** Whether it has a network card: each device of a clone was a device of its template. */
  hasNetwork: boolean;
};

/** Where a template stands. `reason` is a sentence for people. */
export type TemplateState =
  | { kind: 'ready'; id: string }
  | { kind: 'capturing' }
  | { kind: 'none'; reason: string }
  | { kind: 'failed'; problem: Problem };

/** A template that was verified, and is held in memory. */
export type ReadyTemplate = {
  id: string;
  /**
   * Descriptor of a sealed memory file (memfd_create(2), F_SEAL_WRITE) with the guest's memory. QEMU
   * maps it copy-on-write, and no guest that breaks out of QEMU can change it for the others. Good for
   * a minute: then it may be closed, when the template is used no more.
   */
  memory: number;
  /** File with the state of the devices, as QEMU's migration stream with `x-ignore-shared`. */
  stateFile: string;
  /** An empty qcow2 overlay on the template's disk, to be copied for each clone. */
  blankOverlay: string;
  /** Files that a clone reads beside its own, for its confinement: disks it is backed by, boot files. */
  readFiles: readonly string[];
};

/** The templates of this host. */
export type Templates = {
  /** The template to clone from now, or why there is none. Never waits for a capture. */
  find(kind: TemplateKind): Promise<{ template: ReadyTemplate } | { reason: string }>;
  /** Captures one unless one fits; several callers share one capture. */
  prepare(kind: TemplateKind): Promise<TemplateState>;
  state(kind: TemplateKind): Promise<TemplateState>;
  /**
   * Files that a machine reads beside its own which was cloned from this template, so that it can be
   * woken later; null when the template or its image is gone.
   */
  readFiles(id: string): Promise<readonly string[] | null>;
  /** Removes those of images that are gone, or that nothing fits any more. */
  prune(): Promise<void>;
  dispose(): Promise<void>;
};
