import type { Accelerator, Engine } from '../contract/desktop.ts';
import type { AsyncDisposable, Disposable } from '../contract/disposable.ts';
import type { MachineState } from './machine-state.ts';
import type { GuestAgent } from './qemu/guest-agent.ts';

/** What a desktop is to be made of. Sizes in MiB. */
export type DesktopSpec = {
  /** Unique; a UUID. Names the machine's folders and sockets. */
  id: string;
  /** Name of an image in the library. */
  image: string;
  engine: Engine;
  memoryMb: number;
  cpus: number;
};

/**
 * One desktop: a guest, its disk and its display. The machine is the sole owner of its state and
 * does one action at a time.
 */
export type Machine = {
  readonly spec: DesktopSpec;
  readonly accelerator: Accelerator | null;
  readonly state: MachineState;
  /** Unix socket that speaks RFB (RFC 6143), security type None; null unless booting or running. */
  readonly rfbSocket: string | null;
  /** Files that stay after the end: the guest's serial console and QEMU's own messages. */
  readonly logs: { console: string; qemu: string };
  onChange(listener: (state: MachineState) => void): Disposable;
  /** PNG of the screen (QMP `screendump`). @throws guest-failed when there is no screen. */
  picture(): Promise<Buffer>;
  /** The agent inside the guest, where the image has one; commands wait for it to answer. */
  agent(): GuestAgent;
  /** Ends the guest and frees its disk, sockets and process. Idempotent; never throws. */
  stop(reason: StopReason): Promise<void>;
};

export type StopReason = 'asked' | 'broker-stopping' | 'expired';

export type Adoption = {
  /** Machines of an earlier broker that still run and are now this one's. */
  adopted: Machine[];
  /** Ids of machines that were found dead, or that nobody claims; all they held was freed. */
  reaped: string[];
};

/** The machines of this host. */
export type Host = AsyncDisposable & {
  /**
   * Begins to make a desktop and returns at once, in state `preparing`; follow it by `onChange`.
   * Faults on the way (qemu-missing, image-unknown, image-damaged, disk-full, guest-failed,
   * guest-boot-timeout) end in state `failed` with the problem.
   */
  start(spec: DesktopSpec): Machine;
  find(id: string): Machine | null;
  /** Takes over what an earlier broker left. `claimed` are the ids that sessions still want. */
  adopt(claimed: ReadonlySet<string>): Promise<Adoption>;
  /** Stops every machine, or with `leave` lets them run for the next broker to adopt. */
  shutDown(how: 'stop' | 'leave'): Promise<void>;
};
