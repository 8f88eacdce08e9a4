import type { Accelerator } from '../contract/desktop.ts';
import type { Disposable } from '../contract/disposable.ts';
import type { Origin } from '../contract/host.ts';
import type { MachineSpec } from './engine.ts';
import type { ProcessIdentity } from './process-table.ts';
import type { MachinePaths } from './qemu/machine-paths.ts';
import type { Readiness } from './readiness.ts';

/** The socket of a guest's way out, for its confinement; null where it has none. */
export function proxyOf(spec: MachineSpec, paths: MachinePaths): string | null {
  return spec.network.kind === 'none' ? null : paths.proxy;
}

/** Something that a guest let be known, in terms that every kind of virtualization has. */
export type GuestEvent =
  | { kind: 'disk-fault'; noSpace: boolean; reason: string }
  /** After a fault for want of room, which it was held for: what it wrote then has fitted. */
  | { kind: 'disk-has-room' }
  /** Switched off from inside. */
  | { kind: 'powered-off' };

/** A guest at work: its process, and the control over it. */
export type Guest = Disposable & {
  readonly identity: ProcessIdentity;
  /** Resolves, with the reason in words, when the process is gone or cannot be controlled. */
  readonly lost: Promise<string>;
  /** @throws guest-failed when it does not answer in time; the signal's reason when aborted */
  takeControl(
    limits: { timeoutMs: number; signal: AbortSignal },
    onEvent: (event: GuestEvent) => void,
  ): Promise<void>;
  /** The screen as it is. */
  picture(format: 'png' | 'ppm'): Promise<Buffer>;
  /** Lets the guest go on when the host's disk has room again; the event `disk-has-room` follows. */
  waitForRoom(): void;
  /** Writes memory and devices to `file` while the guest stands still; it goes on when that fails. @throws suspend-unsupported, disk-full */
  save(file: string): Promise<void>;
  /** Keeps the disk as it is now. @throws guest-failed, disk-full */
  snapshotDisk(path: string): Promise<void>;
  /** Presses the power button. */
  powerDown(): Promise<void>;
  balloon(targetMb: number | null): Promise<void>;
  /** Ends the process, and resolves when it is gone. */
  end(): Promise<void>;
  /** Lets go of it; the process runs on. */
  dispose(): void;
};

/** How a life begins, decided and with its disk in place. */
export type Beginning = {
  origin: Origin;
  ready: Readiness;
  spawn(): Promise<Guest>;
  /**
   * For one that does not boot: puts a saved memory in place and lets the guest go on. Resolves when
   * it knows who it is; what was saved of itself is gone then. Called once there is control.
   */
  restore: ((signal: AbortSignal) => Promise<void>) | null;
};

/**
 * What differs between the kinds of virtualization. The stages of a machine's life call it: when they
 * do, its folders and its console log are there, and where its policy allows a way out, that is open
 * (see proxyOf).
 */
export type Driver = {
  readonly accelerator: Accelerator | null;
  /** Makes what the guest writes to, and decides how it begins. */
  begin(spec: MachineSpec, paths: MachinePaths, signal: AbortSignal): Promise<Beginning>;
  /** Brings back what was saved. @throws suspend-unsupported */
  wake(
    spec: MachineSpec,
    paths: MachinePaths,
    origin: Origin,
    signal: AbortSignal,
  ): Promise<Beginning>;
  /** A guest that an earlier broker has started. */
  found(identity: ProcessIdentity, spec: MachineSpec, paths: MachinePaths): Guest;
};
