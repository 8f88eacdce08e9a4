/** How memory is won back when it gets short. */
export type ReliefPolicy = {
  /** A guest that keeps less than this of a processor busy does nothing that anybody waits for. */
  idleCpus: number;
  /** What one step takes from a guest, as a share of its memory. */
  step: number;
  /** What a guest keeps at least, as a share of its memory. */
  floor: number;
  /** Room from which on memory is given back, in multiples of the reserve: apart from 1 so that it does not swing. */
  roomy: number;
  /** Share of waiting for memory (PSI) from which on it is short, however much looks available. */
  pressure: number;
  everyMs: number;
  /** Between two calls for help: a desktop takes its time to be suspended. */
  helpEveryMs: number;
};

export const defaultReliefPolicy: ReliefPolicy = {
  idleCpus: 0.05,
  step: 1 / 8,
  floor: 1 / 2,
  roomy: 2,
  pressure: 0.2,
  everyMs: 2000,
  helpEveryMs: 10_000,
};

/**
 * - calm: there is enough, and every guest has all its memory
 * - squeezing: it is short, and idle guests are asked to give some back
 * - pressed: it is short, and no balloon has more to give
 * - holding: it is enough, but too little to give any back
 * - restoring: there is room, and guests get theirs back one after the other
 */
export type ReliefState = 'calm' | 'squeezing' | 'pressed' | 'holding' | 'restoring';

export type ReliefFacts = {
  short: boolean;
  /** More than enough. */
  roomy: boolean;
  canSqueeze: boolean;
  /** Whether any guest is without memory of its own. */
  squeezed: boolean;
};

export function reliefState({ short, roomy, canSqueeze, squeezed }: ReliefFacts): ReliefState {
  if (short) return canSqueeze ? 'squeezing' : 'pressed';
  if (!squeezed) return 'calm';
  return roomy ? 'restoring' : 'holding';
}
