import { calculatePKCECodeChallenge, randomPKCECodeVerifier, randomState } from 'openid-client';
import type { User } from '../contract/broker-api.ts';
import { CodedError, errorCodes } from '../contract/errors.ts';
import { grantTypes, scopes, signInRedirectUri } from '../contract/identity.ts';
import { type Session, sessionIdSchema } from '../contract/session.ts';
import type { Enrolled } from './enrolled.ts';
import type { Granted } from './oauth-client.ts';
import type { SignInWindow } from './sign-in-window.ts';

export type SignInDeps = {
  signInWindow: SignInWindow;
  /** BCP 47 tag for the broker's pages. */
  language(): string;
};

/**
 * Lets a person sign in at the broker's page: authorization code with PKCE (RFC 7636), bound to
 * the key of the terminal from the first request (RFC 9449 section 10).
 *
 * @param expected who has to sign in, where it is known
 * @returns null when the person turned back
 * @throws sign-in-refused also when it was somebody else
 */
export async function signInByPage(
  enrolled: Enrolled,
  deps: SignInDeps,
  expected: User | null,
  signal: AbortSignal,
): Promise<User | null> {
  const { oauth, terminalId, profile } = enrolled;
  const pkceCodeVerifier = randomPKCECodeVerifier();
  const expectedState = randomState();
  const url = await oauth.authorizationUrl(
    {
      redirect_uri: signInRedirectUri,
      scope: scopes.user,
      state: expectedState,
      code_challenge: await calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      dpop_jkt: terminalId,
      prompt: 'login',
      ui_locales: deps.language(),
      ...(expected === null ? {} : { login_hint: expected.username }),
    },
    signal,
  );
  const origins = profile?.signInOrigins ?? [];
  const request = { url, redirectUri: signInRedirectUri, origins };
  const answer = await deps.signInWindow.open(request, signal);
  if (turnedBack(answer)) return null;
  const refused = { invalid_grant: 'sign-in-refused', login_required: 'sign-in-refused' } as const;
  const checks = { pkceCodeVerifier, expectedState };
  return takeSeat(enrolled, await oauth.redeem(answer, checks, refused, signal), expected, signal);
}

/** Without a code of ours in the description, a refusal is what the page's own way back gives. */
function turnedBack(answer: string): boolean {
  const { searchParams } = new URL(answer);
  const coded = errorCodes.some((code) => code === searchParams.get('error_description'));
  return searchParams.get('error') === 'access_denied' && !coded;
}

/** Signs the terminal's own account in. */
export async function signInByAccount(enrolled: Enrolled, signal: AbortSignal): Promise<User> {
  const meanings = { invalid_grant: 'sign-in-refused' } as const;
  const parameters = { terminal_token: await enrolled.ownTokens.accessToken() };
  const { terminalAccount } = grantTypes;
  const granted = await enrolled.oauth.extensionGrant(
    terminalAccount,
    parameters,
    meanings,
    signal,
  );
  return takeSeat(enrolled, granted, null, signal);
}

/** Takes up the session that still runs for the user who sat here; null when there is none. */
export async function resumeSession(
  enrolled: Enrolled,
  signal: AbortSignal,
): Promise<{ user: User; session: Session } | null> {
  const meanings = { invalid_grant: 'nothing-to-resume' } as const;
  const parameters = { terminal_token: await enrolled.ownTokens.accessToken() };
  try {
    const { oauth, client } = enrolled;
    const granted = await oauth.extensionGrant(grantTypes.resume, parameters, meanings, signal);
    const id = sessionIdSchema.safeParse(granted.extra.session_id);
    if (!id.success) throw new CodedError('broker-answer-invalid', { detail: 'session_id' });
    const user = await takeSeat(enrolled, granted, null, signal);
    const session = await client.call('getSession', { params: { id: id.data }, query: {}, signal });
    return { user, session };
  } catch (error) {
    if (error instanceof CodedError && error.code === 'nothing-to-resume') return null;
    throw error;
  }
}

const revokeWithinMs = 10_000;

/** From here on the terminal acts for this user, once it is known who that is. */
async function takeSeat(
  enrolled: Enrolled,
  granted: Granted,
  expected: User | null,
  signal: AbortSignal,
): Promise<User> {
  const tokens = enrolled.tokensOf(granted);
  try {
    const user = await enrolled.clientFor(tokens).call('getUser', { signal });
    if (expected !== null && user.id !== expected.id) {
      throw new CodedError('sign-in-refused', { detail: 'another user signed in' });
    }
    enrolled.seat(tokens);
    return user;
  } catch (error) {
    // Nobody is to stay signed in whom the terminal does not show. A broker that does not hear of
    // it ends the seat with the next sign-in.
    void tokens
      .revocable()
      .then((token) => enrolled.oauth.revoke(token, AbortSignal.timeout(revokeWithinMs)))
      .catch(() => undefined);
    throw error;
  }
}
