import type { Accelerator, Engine } from '../contract/desktop.ts';
import type { AsyncDisposable, Disposable } from '../contract/disposable.ts';
import type { HostUsage, MachineUsage, Origin } from '../contract/host.ts';
import type { NetworkPolicy } from '../contract/pool.ts';
import type { MachineState } from './machine-state.ts';
import type { GuestAgent } from './qemu/guest-agent.ts';
import type { TemplateKind, TemplateState } from './templates/template.ts';

/** What a machine is to be made of. Sizes in MiB. */
export type MachineSpec = {
  /** Unique; a UUID. Names the machine's folders and sockets. */
  id: string;
  /** Id of an image in the library, or a name, which stands for its current version. */
  image: string;
  engine: Engine;
  memoryMb: number;
  cpus: number;
  /** What the guest calls itself: a label of RFC 1123. */
  hostname: string;
  /** Share of the processors in times of need, beside others that have 100; 1 to 10 000. */
  cpuWeight: number;
  network: NetworkPolicy;
  disk: DiskUse;
  /** Whether it may be a clone of a template, rather than boot. */
  clone: boolean;
  /** Room for what is written, of an os-level machine. */
  homeMb: number;
};

/**
 * What takes the guest's writes.
 * - fresh: an overlay on the image, destroyed at the end
 * - kept: the overlay at this path, which outlives the machine; made on the image if it is not there
 */
export type DiskUse = { kind: 'fresh' } | { kind: 'kept'; path: string };

/**
 * One guest, its disk and its display. The machine is the sole owner of its state and does one
 * action at a time.
 */
export type Machine = {
  readonly spec: MachineSpec;
  /** Null where no machine is emulated. */
  readonly accelerator: Accelerator | null;
  readonly state: MachineState;
  /** How it came to be; null until that is decided. */
  readonly origin: Origin | null;
  /** Unix socket that speaks RFB (RFC 6143), security type None; null unless booting or running. */
  readonly rfbSocket: string | null;
  /** Files that stay after the end: the guest's serial console and the engine's own messages. */
  readonly logs: { console: string; qemu: string };
  onChange(listener: (state: MachineState) => void): Disposable;
  /** PNG of the screen. @throws guest-failed when there is no screen. */
  picture(): Promise<Buffer>;
  /** The agent inside the guest, where the image has one; commands wait for it to answer. */
  agent(): GuestAgent;
  /**
   * Writes memory and devices to disk and ends the process; a machine that is not running stays as
   * it is. @throws suspend-unsupported for an engine that can't; disk-full, and it runs on
   */
  suspend(): Promise<void>;
  /**
   * Brings a suspended guest back as it was, and resolves when it runs. Idempotent. One that can't be
   * woken is suspended again, with the problem. @throws that problem, host-full
   */
  wake(): Promise<void>;
  /** Keeps the disk as it is now at `path`, which must not exist; the guest runs on. @throws disk-full, guest-failed */
  snapshotDisk(path: string): Promise<void>;
  /**
   * Asks the guest to shut down (ACPI power button), and stops it after `patienceMs`. One that is
   * suspended, or about to be, is woken for that if its disk is kept.
   */
  shutDown(patienceMs: number): Promise<void>;
  /**
   * Asks the guest to get by with this much memory and give the rest back (virtio balloon), or with
   * null with all it has. Without a balloon, nothing happens.
   */
  balloon(targetMb: number | null): Promise<void>;
  /** What it uses, as last measured; null before that. */
  usage(): MachineUsage | null;
  /** Ends the guest and frees its process, its sockets and a fresh disk. Idempotent; never throws. */
  stop(reason: StopReason): Promise<void>;
};

export type StopReason = 'asked' | 'broker-stopping' | 'expired';

export type Adoption = {
  /** Machines of an earlier broker that still run (or are suspended) and are now this one's. */
  adopted: Machine[];
  /** Ids of machines that were found dead, or that nobody claims; all they held was freed. */
  reaped: string[];
};

/** The machines of this host. */
export type Host = AsyncDisposable & {
  /**
   * Begins to make a machine and returns at once, in state `preparing`; follow it by `onChange`.
   * Faults on the way (qemu-missing, image-unknown, image-damaged, disk-full, guest-failed,
   * guest-boot-timeout) end in state `failed` with the problem.
   * @throws host-full, which says what is short, when admission refuses it
   */
  start(spec: MachineSpec): Machine;
  find(id: string): Machine | null;
  /** All that are not over. */
  machines(): readonly Machine[];
  /** Takes over what an earlier broker left. `claimed` are the ids that somebody still wants. */
  adopt(claimed: ReadonlySet<string>): Promise<Adoption>;
  /** Captures the template that machines of this kind are cloned from, unless one fits already. */
  prepareTemplate(kind: TemplateKind): Promise<TemplateState>;
  /** Removes templates of images that are gone, or that nothing fits any more. */
  pruneTemplates(): Promise<void>;
  /** The host's own figures, as last measured. */
  usage(): HostUsage;
  /** Stops every machine, or with `leave` lets them run for the next broker to adopt. */
  shutDown(how: 'stop' | 'leave'): Promise<void>;
};
