import { signInRedirectUri } from '../../../src/contract/identity.ts';
import { CookieJar } from '../../fakes/fake-oauth-client.ts';
import type { FakeTerminal } from '../../fakes/fake-terminal.ts';
import { textIn } from '../../fakes/transport.ts';
import { type Attack, outcomeOf } from '../attack.ts';
import type { AttackedBroker } from '../attacked-broker.ts';

const token = 'oauth.token';

/** A code as it comes to the sign-in window, not traded for tokens yet. */
async function codeFor(terminal: FakeTerminal, { person, password }: AttackedBroker) {
  const { username } = await person();
  const { url, verifier } = terminal.oauth.authorizationRequest();
  const jar = new CookieJar();
  const page = await terminal.oauth.follow(url, jar);
  const answer = await terminal.oauth.follow(page.path, jar, { username, password });
  return { code: new URL(answer.path).searchParams.get('code') ?? '', verifier };
}

/** A code is tried in a way that it is not good for. */
function codeAttack(
  name: string,
  use: (
    code: { code: string; verifier: string },
    terminal: FakeTerminal,
    broker: AttackedBroker,
  ) => ReturnType<FakeTerminal['oauth']['token']>,
): Attack {
  return {
    name,
    has: 'an authorization code',
    attempt: async (broker) => {
      const terminal = await broker.terminal();
      return outcomeOf(await use(await codeFor(terminal, broker), terminal, broker));
    },
    refused: { status: 400, code: 'invalid_grant' },
    audit: { code: 'not-signed-in', route: token },
  };
}

/** An authorization request that must not even lead to a sign-in page. */
function requestAttack(
  name: string,
  overrides: Record<string, string>,
  refused: string | null,
): Attack {
  return {
    name,
    has: 'the thumbprint of a terminal',
    attempt: async ({ terminal }) => {
      const { oauth } = await terminal();
      const { path, reply } = await oauth.follow(
        oauth.authorizationRequest(overrides).url,
        new CookieJar(),
      );
      // The answer to a request for tokens stands behind a hash.
      const query = URL.canParse(path) ? path.replace('#', '?').split('?', 2)[1] : '';
      const error = new URLSearchParams(query).get('error');
      return { status: reply.status, code: error };
    },
    // With a client to tell it to, it is told there; otherwise on a page.
    refused: { status: refused === null ? 400 : 303, code: refused },
    audit: { code: 'invalid-request', route: 'oauth.authorization' },
  };
}

export const tokenAttacks: readonly Attack[] = [
  {
    name: 'a stolen refresh token of a terminal, at another that is enrolled',
    has: 'the refresh token of a terminal, and a terminal of one’s own',
    attempt: async ({ terminal }) => {
      const victim = await terminal();
      const thief = await terminal();
      return outcomeOf(await thief.oauth.refresh(victim.refreshToken ?? ''));
    },
    refused: { status: 400, code: 'invalid_grant' },
    audit: { code: 'not-signed-in', route: token },
  },
  {
    name: 'a stolen refresh token of a user, at another terminal',
    has: 'the refresh token of a user, and a terminal of one’s own',
    attempt: async ({ seated, terminal }) => {
      const victim = await seated();
      const thief = await terminal();
      return outcomeOf(await thief.oauth.refreshUser(victim.terminal.userRefreshToken ?? ''));
    },
    refused: { status: 400, code: 'invalid_grant' },
    audit: { code: 'not-signed-in', route: token },
  },
  {
    name: 'a refresh token without a proof',
    has: 'the refresh token of a terminal',
    attempt: async ({ terminal }) => {
      const { oauth, refreshToken } = await terminal();
      const fields = { grant_type: 'refresh_token', refresh_token: refreshToken ?? '' };
      return outcomeOf(await oauth.form('/oauth/token', fields));
    },
    refused: { status: 400, code: 'invalid_grant' },
    audit: { code: 'not-signed-in', route: token },
  },
  {
    name: 'a refresh token whose successor was used',
    has: 'all that a terminal kept some time ago',
    attempt: async ({ terminal }) => {
      const { oauth, refreshToken } = await terminal();
      await oauth.refresh();
      await oauth.refresh();
      return outcomeOf(await oauth.refresh(refreshToken ?? ''));
    },
    refused: { status: 400, code: 'invalid_grant' },
    audit: { code: 'terminal-unknown', action: 'token.reused' },
  },
  {
    name: 'the tokens that a thief had from a stolen refresh token, once its owner came back',
    has: 'all that a terminal kept some time ago, and the tokens it was given for it',
    attempt: async ({ terminal }) => {
      const own = await terminal();
      const stolen = own.refreshToken ?? '';
      await own.oauth.refresh();
      await own.oauth.refresh();
      await own.oauth.refresh(stolen);
      return outcomeOf(await own.call('getTerminal'));
    },
    refused: { status: 401, code: 'terminal-unknown' },
    audit: { code: 'terminal-unknown', route: 'getTerminal' },
  },
  {
    name: 'the refresh token of a terminal that was revoked',
    has: 'all that a terminal keeps',
    attempt: async ({ admin, terminal }) => {
      const own = await terminal();
      await admin.revokeTerminal(own.id);
      return outcomeOf(await own.oauth.refresh());
    },
    refused: { status: 400, code: 'invalid_grant' },
    audit: { code: 'not-signed-in', route: token },
  },
  {
    name: 'the refresh token of a user who signed out',
    has: 'all that a terminal keeps',
    attempt: async ({ seated }) => {
      const { terminal } = await seated();
      const stolen = terminal.userRefreshToken ?? '';
      await terminal.signOut();
      return outcomeOf(await terminal.oauth.refreshUser(stolen));
    },
    refused: { status: 400, code: 'invalid_grant' },
    audit: { code: 'not-signed-in', route: token },
  },
  {
    name: 'the tokens of a user who was switched off',
    has: 'all that a terminal keeps',
    attempt: async ({ admin, seated }) => {
      const { terminal, user } = await seated();
      await admin.changeUser({ username: user.username, disabled: true });
      await terminal.oauth.refreshUser();
      return outcomeOf(await terminal.call('getUser'));
    },
    refused: { status: 401, code: 'not-signed-in' },
    audit: { code: 'not-signed-in', route: 'getUser' },
  },
  {
    name: 'a session taken up with the token of another terminal',
    has: 'the access token of a terminal, and a terminal of one’s own',
    attempt: async ({ working, terminal }) => {
      const victim = await working();
      const thief = await terminal();
      thief.terminalToken = victim.terminal.terminalToken;
      return outcomeOf(await thief.resume());
    },
    refused: { status: 400, code: 'proof-invalid' },
    audit: { code: 'proof-invalid', route: token },
  },
  {
    name: 'the account of a terminal that has none',
    has: 'a terminal of one’s own',
    attempt: async ({ terminal }) => outcomeOf(await (await terminal()).oauth.signInAccount()),
    refused: { status: 400, code: 'credentials-wrong' },
    audit: { code: 'credentials-wrong', route: token },
  },
  {
    name: 'the account of a terminal, with the token of another',
    has: 'the access token of a terminal, and a terminal of one’s own',
    attempt: async ({ terminal }) => {
      const thief = await terminal();
      thief.terminalToken = (await terminal()).terminalToken;
      return outcomeOf(await thief.oauth.signInAccount());
    },
    refused: { status: 400, code: 'proof-invalid' },
    audit: { code: 'proof-invalid', route: token },
  },
  {
    name: 'a terminal revoked by who has its access token alone',
    has: 'the access token of a terminal',
    attempt: async ({ stranger, terminal }) => {
      const own = await terminal();
      await (await stranger()).oauth.revoke(own.terminalToken ?? '');
      return outcomeOf(await own.oauth.refresh());
    },
    // The terminal goes on.
    refused: { status: 200, code: null },
    audit: null,
  },
  {
    name: 'a locked terminal that is enrolled anew, to get at who left it',
    has: 'a terminal that somebody locked, and an enrollment token',
    attempt: async ({ admin, seated }) => {
      const { terminal } = await seated();
      await terminal.call('lock');
      const { token: again } = await admin.createEnrollmentToken({ label: 'again' });
      await terminal.oauth.enrollByToken(again);
      return outcomeOf(await terminal.call('getUser'));
    },
    refused: { status: 401, code: 'not-signed-in' },
    audit: { code: 'not-signed-in', route: 'getUser' },
  },
  codeAttack('an authorization code, twice', async ({ code, verifier }, { oauth }) => {
    await oauth.exchange(code, verifier);
    return oauth.exchange(code, verifier);
  }),
  {
    name: 'the tokens for an authorization code that was used again',
    has: 'an authorization code, and what it was traded for',
    attempt: async (broker) => {
      const terminal = await broker.terminal();
      const { code, verifier } = await codeFor(terminal, broker);
      await terminal.oauth.exchange(code, verifier);
      await terminal.oauth.exchange(code, verifier);
      return outcomeOf(await terminal.call('getUser'));
    },
    refused: { status: 401, code: 'not-signed-in' },
    audit: { code: 'not-signed-in', route: 'getUser' },
  },
  codeAttack('an authorization code without its verifier', ({ code }, { oauth }) =>
    oauth.token('authorization_code', { code, redirect_uri: signInRedirectUri }),
  ),
  codeAttack('an authorization code with another verifier', ({ code }, { oauth }) =>
    oauth.exchange(code, 'v'.repeat(43)),
  ),
  codeAttack('an authorization code, late', ({ code, verifier }, { oauth }, { clock }) => {
    clock.pass(61_000);
    return oauth.exchange(code, verifier);
  }),
  codeAttack('an authorization code with another key', async (stolen, _, { terminal }) =>
    (await terminal()).oauth.exchange(stolen.code, stolen.verifier),
  ),
  codeAttack('an authorization code with another redirect address', (stolen, { oauth }) =>
    oauth.token('authorization_code', {
      code: stolen.code,
      code_verifier: stolen.verifier,
      redirect_uri: 'app.porthole:/signed-in/',
    }),
  ),
  requestAttack('a sign-in without PKCE', { code_challenge: '' }, 'invalid_request'),
  requestAttack('a sign-in with plain PKCE', { code_challenge_method: 'plain' }, 'invalid_request'),
  requestAttack(
    'an implicit sign-in',
    { response_type: 'id_token token' },
    'unsupported_response_type',
  ),
  requestAttack(
    'a hybrid sign-in',
    { response_type: 'code id_token' },
    'unsupported_response_type',
  ),
  requestAttack('a sign-in that leads elsewhere', { redirect_uri: 'https://evil.example/' }, null),
  requestAttack(
    'a sign-in that leads almost where it should',
    { redirect_uri: `${signInRedirectUri}/../x` },
    null,
  ),
  requestAttack('a sign-in that leads to a script', { redirect_uri: 'javascript:alert(1)' }, null),
  requestAttack(
    'a sign-in with a scheme in other letters',
    { redirect_uri: 'APP.porthole:/signed-in' },
    null,
  ),
  requestAttack('a sign-in of a client that there is not', { client_id: 'somebody' }, null),
  {
    name: 'a sign-in for a key that is not enrolled',
    has: 'nothing',
    attempt: async ({ stranger }) => {
      const { oauth } = await stranger();
      const { path } = await oauth.follow(oauth.authorizationRequest().url, new CookieJar());
      return { status: 303, code: new URL(path).searchParams.get('error_description') };
    },
    refused: { status: 303, code: 'terminal-unknown' },
    audit: { code: 'terminal-unknown', route: 'oauth.authorization' },
  },
  {
    name: 'a grant type that is off',
    has: 'a user’s password',
    attempt: async (broker) => {
      const { username } = await broker.person();
      const { oauth } = await broker.terminal();
      const { password } = broker;
      return outcomeOf(await oauth.token('password', { username, password }));
    },
    refused: { status: 400, code: 'unsupported_grant_type' },
    audit: { code: 'invalid-request', route: token },
  },
  {
    name: 'a device code, at another terminal than asked for it',
    has: 'a device code that an administrator approved',
    attempt: async ({ admin, stranger, waiting }) => {
      const { deviceCode, userCode } = await waiting();
      await admin.approveEnrollment({ code: userCode });
      return outcomeOf(await (await stranger()).oauth.pollEnrollment(deviceCode));
    },
    refused: { status: 400, code: 'invalid_grant' },
    audit: { code: 'not-signed-in', route: token },
  },
  {
    name: 'a device code, twice',
    has: 'a device code that was used',
    attempt: async ({ admin, waiting }) => {
      const { deviceCode, terminal, userCode } = await waiting();
      await admin.approveEnrollment({ code: userCode });
      textIn((await terminal.oauth.pollEnrollment(deviceCode)).body, 'access_token');
      return outcomeOf(await terminal.oauth.pollEnrollment(deviceCode));
    },
    refused: { status: 400, code: 'invalid_grant' },
    audit: { code: 'not-signed-in', route: token },
  },
];
