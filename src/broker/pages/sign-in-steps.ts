import type { Clock } from '../../contract/clock.ts';
import type { CodedError } from '../../contract/errors.ts';
import type { Recognized } from '../identity/local-sign-in.ts';
import type { Proposal, SecondFactors } from '../identity/second-factor.ts';
import { type FirstFactor, secondFactorMethods } from '../identity/sign-in-method.ts';
import { createShortMemory, type ShortMemory } from './short-memory.ts';

/**
 * How far a sign-in has come. It is kept on the broker under the uid of the interaction, whose
 * cookie the browser has to show: nothing of it is ever in a form.
 *
 *   identify → code | set-up → done, or straight to done where there is no second factor
 */
export type SignInStep =
  /** `failure`: what an identity provider made of it. */
  | { kind: 'identify'; failure: CodedError | null }
  | { kind: 'code'; user: Recognized; by: FirstFactor }
  | { kind: 'set-up'; user: Recognized; by: FirstFactor; proposal: Proposal }
  | { kind: 'done'; user: Recognized; methods: string[] };

export type SignInSteps = ShortMemory<SignInStep>;

/** As long as an authorization request waits for its user. */
const lifetimeMs = 15 * 60_000;

export function createSignInSteps(clock: Clock): SignInSteps {
  return createShortMemory(clock, lifetimeMs);
}

export const firstStep: SignInStep = { kind: 'identify', failure: null };

/** What follows once it is known who it is. */
export function stepAfterIdentify(
  user: Recognized,
  by: FirstFactor,
  secondFactors: Pick<SecondFactors, 'propose'>,
): SignInStep {
  switch (user.secondFactor) {
    case 'none':
      return { kind: 'done', user, methods: [by] };
    case 'check':
      return { kind: 'code', user, by };
    case 'set-up':
      return { kind: 'set-up', user, by, proposal: secondFactors.propose(user.username) };
  }
}

export function stepAfterCode({ user, by }: { user: Recognized; by: FirstFactor }): SignInStep {
  return { kind: 'done', user, methods: [by, ...secondFactorMethods] };
}
