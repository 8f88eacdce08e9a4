import type { Desktop } from '../../contract/desktop.ts';
import type { SessionPolicy } from '../../contract/session-policy.ts';
import type { Machine, StopReason } from '../../desktops/engine.ts';

/** A desktop as its user sees it, whatever stands behind it. */
export type Offer = Pick<Desktop, 'id' | 'name' | 'description' | 'engine' | 'image'> & {
  policy: SessionPolicy;
};

/** Whose session wants a machine, and for which desktop. */
export type Wish = { userId: string; desktopId: string };

/** A machine, for as long as a session has it. */
export type Lease = {
  readonly machine: Machine;
  /**
   * Whether the machine would go on if the session ended now, which then is over at once. May change
   * as others come and go.
   */
  readonly outlivesSession: boolean;
  /** The session is over. Resolves when what is not kept is freed; never throws. */
  end(reason: StopReason): Promise<void>;
};

/** Where the machines of sessions come from: pools, virtual servers, masters of golden images. */
export type Supply = {
  /** What a user may open of it. */
  listOf(userId: string): Promise<Offer[]>;
  /** Null where there is no such desktop here, or the user may not open it. */
  find(wish: Wish): Promise<Offer | null>;
  /**
   * The machine for a new session.
   * @throws host-full, image-unknown, image-damaged, kept-disk-missing, change-conflict
   */
  lease(wish: Wish): Promise<Lease>;
  /** The lease of a session of an earlier broker; null for a machine that is not of this supply. */
  resume(wish: Wish, machine: Machine): Promise<Lease | null>;
};
