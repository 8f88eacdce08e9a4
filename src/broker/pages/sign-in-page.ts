import { z } from 'zod';
import { CodedError } from '../../contract/errors.ts';
import { signInRedirectUri } from '../../contract/identity.ts';
import { nobodyAt } from '../audit/actor.ts';
import type { Federation } from '../identity/federation.ts';
import type { LocalSignIn } from '../identity/local-sign-in.ts';
import { signInPath } from '../identity/provider/configuration.ts';
import type { SecondFactors } from '../identity/second-factor.ts';
import { readAs } from './form.ts';
import type { Interaction, Interactions } from './interactions.ts';
import { chooseLocale } from './locale.ts';
import type { Answer, Known, PageRouter, Visit } from './page-router.ts';
import { cancelMarkup, codeMarkup, identifyMarkup, setUpMarkup } from './sign-in-markup.ts';
import {
  firstStep,
  type SignInStep,
  type SignInSteps,
  stepAfterCode,
  stepAfterIdentify,
} from './sign-in-steps.ts';

export type SignInPageDeps = {
  interactions: Interactions;
  steps: SignInSteps;
  localSignIn: LocalSignIn;
  secondFactors: SecondFactors;
  federation: Pick<Federation, 'providers'>;
};

const passwordFormSchema = z.object({
  username: z.string().max(256).default(''),
  password: z.string().max(256),
});

/** People type the digits in groups. */
export const codeSchema = z.string().transform((code) => code.replaceAll(/\s/g, '').slice(0, 12));
const codeFormSchema = z.object({ code: codeSchema });

/** What was typed, when the page is shown again because of it. */
type Retry = { failure: CodedError; typedName: string };

/** The page that an authorization request leads to (see SignInStep). */
export function registerSignInPage(router: PageRouter, deps: SignInPageDeps): void {
  const { interactions, localSignIn, steps } = deps;
  const path = signInPath(':uid');

  /** The page of the step, or the way on when it is the last. */
  async function show(visit: Visit, interaction: Interaction, retry: Retry | null = null) {
    const step = steps.get(interaction.uid) ?? firstStep;
    if (step.kind !== 'done') return pageOf(deps, visit, { interaction, step, retry });
    steps.take(interaction.uid);
    const { user, methods } = step;
    const login = { accountId: user.id, amr: methods };
    return { location: await interactions.finish(visit, { login }) };
  }

  /** Whose account was tried. Which terminal it was tried at, nothing proves before the tokens. */
  async function known(visit: Visit, { uid, username, terminalId }: Interaction): Promise<Known> {
    const step = steps.get(uid) ?? firstStep;
    const user = 'user' in step ? step.user : await localSignIn.find(username ?? typedName(visit));
    return {
      by: nobodyAt(visit.request.ip, terminalId),
      ...(user && { target: { kind: 'user', id: user.id, name: user.username } }),
    };
  }

  router.open('GET', path, async (visit) => show(visit, await interactions.of(visit)));

  router.open('POST', path, async (visit) => {
    const interaction = await interactions.of(visit);
    const step = steps.get(interaction.uid) ?? firstStep;
    try {
      steps.set(interaction.uid, await advance(deps, visit, { interaction, step }));
    } catch (error) {
      if (!(error instanceof CodedError) || error.code === 'invalid-request') throw error;
      const retry = { failure: error, typedName: typedName(visit) };
      return { ...(await show(visit, interaction, retry)), known: await known(visit, interaction) };
    }
    // By way of a page to be read, so that going back or loading again sends nothing twice.
    return { location: signInPath(interaction.uid) };
  });

  router.open('POST', `${path}/cancel`, async (visit) => {
    const { uid } = await interactions.of(visit);
    steps.take(uid);
    return { location: await interactions.finish(visit, { error: 'access_denied' }) };
  });
}

type Position = { interaction: Interaction; step: SignInStep };

/** Takes what the form of the step says. @throws what a person can mend, as a CodedError */
async function advance(
  { localSignIn, secondFactors }: SignInPageDeps,
  { request }: Visit,
  { interaction, step }: Position,
): Promise<SignInStep> {
  switch (step.kind) {
    case 'identify': {
      const { username, password } = readAs(passwordFormSchema, request.body);
      const user = await localSignIn.withPassword(interaction.username ?? username, password, {
        address: request.ip,
        terminalId: interaction.terminalId,
      });
      return stepAfterIdentify(user, 'pwd', secondFactors);
    }
    case 'code': {
      const { code } = readAs(codeFormSchema, request.body);
      await secondFactors.check(step.user, code);
      return stepAfterCode(step);
    }
    case 'set-up': {
      const { code } = readAs(codeFormSchema, request.body);
      const { id, username } = step.user;
      await secondFactors.setUp(step.user, step.proposal.secret, code, {
        actor: { kind: 'user', id, name: username },
        address: request.ip,
        terminalId: interaction.terminalId,
      });
      return stepAfterCode(step);
    }
    case 'done':
      return step;
  }
}

type View = {
  interaction: Interaction;
  step: Exclude<SignInStep, { kind: 'done' }>;
  retry: Retry | null;
};

function pageOf(
  { federation }: SignInPageDeps,
  { request }: Visit,
  { interaction, step, retry }: View,
): Answer {
  const { uid, username, languages } = interaction;
  const locale = chooseLocale(languages ?? undefined, request.headers['accept-language']);
  const { signIn, code, setUp } = locale.text;
  const failure = retry?.failure ?? null;
  const page = {
    shape: 'card' as const,
    locale,
    failure,
    // The window of a terminal is sent on to where nothing is loaded from.
    formTargets: [new URL(signInRedirectUri).protocol],
  };
  switch (step.kind) {
    case 'identify': {
      const reason = failure ?? step.failure;
      return {
        ...page,
        failure: reason,
        title: username === null ? signIn.title : signIn.welcomeBack,
        body: identifyMarkup(locale, {
          uid,
          broker: request.host,
          inBrowser: interaction.terminalId === null,
          username,
          typedName: retry?.typedName ?? '',
          failure: reason,
          providers: federation.providers,
        }),
      };
    }
    case 'code':
      return { ...page, title: code.title, body: codeMarkup(locale, { uid, failure }) };
    case 'set-up': {
      const view = { action: signInPath(uid), proposal: step.proposal, failure };
      const body = setUpMarkup(locale, view) + cancelMarkup(locale, uid);
      return { ...page, title: setUp.title, body };
    }
  }
}

/** The name stays in its field: a wrong password costs only the password. */
function typedName({ request }: Visit): string {
  const parsed = passwordFormSchema.safeParse(request.body);
  return parsed.success ? parsed.data.username.slice(0, 64) : '';
}
