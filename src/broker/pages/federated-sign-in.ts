import { z } from 'zod';
import type { Clock } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import type { FederatedUsers } from '../identity/federated-users.ts';
import type { FederatedAttempt, Federation } from '../identity/federation.ts';
import type { LocalSignIn } from '../identity/local-sign-in.ts';
import { signInPath } from '../identity/provider/configuration.ts';
import type { SecondFactors } from '../identity/second-factor.ts';
import { readAs } from './form.ts';
import type { Interaction, Interactions } from './interactions.ts';
import type { PageRouter, Visit } from './page-router.ts';
import { createShortMemory } from './short-memory.ts';
import { type SignInStep, type SignInSteps, stepAfterIdentify } from './sign-in-steps.ts';

type Deps = {
  clock: Clock;
  interactions: Interactions;
  steps: SignInSteps;
  federation: Federation;
  federatedUsers: FederatedUsers;
  localSignIn: LocalSignIn;
  secondFactors: SecondFactors;
};

type Departure = { interaction: Interaction; attempt: FederatedAttempt };

const lifetimeSeconds = 10 * 60;
const callbackPath = '/sign-in/callback';
const providerSchema = z.object({ provider: z.string().max(60) });
const answerSchema = z.object({ state: z.string().min(1).max(200) });

/**
 * Which sign-in this browser was sent away with. An answer that arrives in another browser is
 * refused: somebody could start a sign-in and have another person complete it.
 */
const cookieName = '__Secure-porthole-federation';
const cookieAttributes = {
  path: callbackPath,
  httpOnly: true,
  secure: true,
  // Comes along when another site sends the browser back, which `strict` would not.
  sameSite: 'lax',
} as const;

/** The ways to an identity provider and back. */
export function registerFederatedSignIn(router: PageRouter, deps: Deps): void {
  const { clock, interactions, steps, federation } = deps;
  const departures = createShortMemory<Departure>(clock, lifetimeSeconds * 1000);

  router.open('GET', `${signInPath(':uid')}/with/:provider`, async (visit) => {
    const { request, origin } = visit;
    const interaction = await interactions.of(visit);
    const { provider } = readAs(providerSchema, request.params);
    try {
      const { url, attempt } = await federation.begin(
        provider,
        `${origin}${callbackPath}/${provider}`,
        interaction,
      );
      departures.set(attempt.state, { interaction, attempt });
      setCookie(visit, attempt.state, lifetimeSeconds);
      return { location: url };
    } catch (error) {
      steps.set(interaction.uid, failedStep(error));
      return { location: signInPath(interaction.uid) };
    }
  });

  router.open('GET', `${callbackPath}/:provider`, async (visit) => {
    const { interaction, attempt } = arrivalOf(visit);
    const step = await identify(deps, visit, { interaction, attempt }).catch(failedStep);
    steps.set(interaction.uid, step);
    return { location: signInPath(interaction.uid) };
  });

  /** @throws sign-in-expired */
  function arrivalOf(visit: Visit): Departure {
    const { request } = visit;
    const { state } = readAs(answerSchema, request.query);
    const { provider } = readAs(providerSchema, request.params);
    const expected = request.cookies[cookieName];
    setCookie(visit, '', 0);
    const departure = state === expected ? departures.take(state) : null;
    if (departure === null || departure.attempt.provider !== provider) {
      throw new CodedError('sign-in-expired');
    }
    return departure;
  }
}

async function identify(
  { federation, federatedUsers, localSignIn, secondFactors }: Deps,
  { request, origin }: Visit,
  { interaction, attempt }: Departure,
): Promise<SignInStep> {
  const identity = await federation.finish(attempt, new URL(request.url, origin));
  const { id } = await federatedUsers.welcome(identity, request.ip);
  const user = await localSignIn.recognize(id);
  // A terminal that is locked for somebody is opened by nobody else.
  if (interaction.username !== null && interaction.username !== user.username) {
    throw new CodedError('identity-provider-refused', { detail: 'another account' });
  }
  return stepAfterIdentify(user, 'fed', secondFactors);
}

/** Shown on the sign-in page, where another way can be taken. */
function failedStep(error: unknown): SignInStep {
  if (error instanceof CodedError) return { kind: 'identify', failure: error };
  throw error;
}

function setCookie({ reply }: Visit, value: string, maxAge: number): void {
  void reply.setCookie(cookieName, value, { ...cookieAttributes, maxAge });
}
