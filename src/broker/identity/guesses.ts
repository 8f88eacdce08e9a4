import type { Clock } from '../../contract/clock.ts';
import type { ErrorCode } from '../../contract/errors.ts';
import { createThrottle, type ThrottleLimits } from './throttle.ts';

/** Wrong secrets, counted strictly for whoever gave them, and loosely for the place they share. */
export type Guesses = {
  /**
   * To be called before a secret is looked at; a guess is wrong until it is said to be right.
   * @throws the code, with the time to wait
   */
  begin(guesser: string, place: string): { right(): void };
};

type Limits = { guesser: ThrottleLimits; place: ThrottleLimits };

export function createGuesses(clock: Clock, code: ErrorCode, limits: Limits): Guesses {
  const ofGuesser = createThrottle(clock, code, limits.guesser);
  const ofPlace = createThrottle(clock, code, limits.place);
  return {
    begin: (guesser, place) => {
      const shared = ofPlace.begin(place);
      try {
        const own = ofGuesser.begin(guesser);
        return {
          right: () => {
            own.forgive();
            // Not forgiven: whoever has one secret could wipe the count of guesses at others.
            shared.takeBack();
          },
        };
      } catch (error) {
        // Nothing was tried, so nothing is counted.
        shared.takeBack();
        throw error;
      }
    },
  };
}
