import type { Problem } from '../../contract/errors.ts';
import type { HeldTemplate } from './held-template.ts';
import type { TemplateState } from './template.ts';

/**
 * Where the template of one kind stands.
 *
 *   verifying ─► ready ─► none (it does not fit any more)
 *       └─► none ─► capturing ─► ready, none (nothing listens in its guest), failed
 *                       ▲                                                      │
 *                       └──────────────────────────────────────────────────────┘
 */
export type Slot = Verifying | SeenSlot;

/** What is on the disk is looked at. `done` resolves with what the slot becomes, and never rejects. */
export type Verifying = { kind: 'verifying'; done: Promise<SettledSlot> };

export type SeenSlot = { kind: 'capturing'; done: Promise<SettledSlot> } | SettledSlot;

export type SettledSlot =
  | { kind: 'ready'; held: HeldTemplate }
  /** `reason` can follow "it booted, since". */
  | { kind: 'none'; reason: string }
  | { kind: 'failed'; problem: Problem };

export const beingMade = 'its template is being made';

export function stateOf(slot: SeenSlot): TemplateState {
  switch (slot.kind) {
    case 'ready':
      return { kind: 'ready', id: slot.held.ready.id };
    case 'capturing':
      return { kind: 'capturing' };
    case 'none':
    case 'failed':
      return slot;
  }
}
