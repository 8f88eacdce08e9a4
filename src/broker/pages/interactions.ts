import { errors } from 'oidc-provider';
import { z } from 'zod';
import { CodedError } from '../../contract/errors.ts';
import { terminalIdSchema } from '../../contract/identity.ts';
import type { Providers } from '../identity/provider/providers.ts';
import { readAs } from './form.ts';
import type { Visit } from './page-router.ts';

/** A sign-in that an authorization request asks for. */
export type Interaction = {
  uid: string;
  /** The only user who is to sign in, by name; null for anybody. */
  username: string | null;
  terminalId: string | null;
  languages: string | null;
};

const pathSchema = z.object({ uid: z.string().max(64) });

/** What is used of the parameters of the request, which its sender chose freely. */
const paramsSchema = z.object({
  login_hint: z.string().min(1).max(64).nullable().catch(null),
  dpop_jkt: terminalIdSchema.nullable().catch(null),
  ui_locales: z.string().max(100).nullable().catch(null),
});

type Result = { login: { accountId: string; amr: string[] } } | { error: string };

export type Interactions = {
  /**
   * The one that the path names and the cookie of this browser belongs to.
   * @throws sign-in-expired
   */
  of(visit: Visit): Promise<Interaction>;
  /** @returns where the browser goes on */
  finish(visit: Visit, result: Result): Promise<string>;
};

export function createInteractions(providers: Providers): Interactions {
  return {
    of: async ({ request, reply, origin }) => {
      const { uid } = readAs(pathSchema, request.params);
      const details = await providers
        .at(origin)
        .interactionDetails(request.raw, reply.raw)
        .catch(asExpired);
      if (details.uid !== uid || details.prompt.name !== 'login') {
        throw new CodedError('sign-in-expired');
      }
      const params = paramsSchema.parse(details.params);
      return {
        uid,
        username: params.login_hint,
        terminalId: params.dpop_jkt,
        languages: params.ui_locales,
      };
    },

    finish: async ({ request, reply, origin }, result) => {
      // `remember: false`: the session ends with the browser, if not before.
      const submission =
        'login' in result ? { login: { ...result.login, remember: false } } : result;
      return providers
        .at(origin)
        .interactionResult(request.raw, reply.raw, submission, { mergeWithLastSubmission: false })
        .catch(asExpired);
    },
  };
}

function asExpired(error: unknown): never {
  if (error instanceof errors.SessionNotFound) {
    throw new CodedError('sign-in-expired', { cause: error });
  }
  throw error;
}
