import type { User } from '../../contract/broker-api.ts';
import type { Clock } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Permission } from '../../contract/permissions.ts';
import type { RouteAuth } from '../../contract/route.ts';
import type { Actor } from '../audit/actor.ts';
import type { Presence } from '../presence.ts';
import type { Database } from '../store/store.ts';
import { type AccessToken, findAccessToken } from './access-tokens.ts';
import type { ProofVerifier } from './dpop.ts';
import type { PageSession } from './page-sessions.ts';
import { accountOfTerminal } from './provider/accounts.ts';

type Permissions = ReadonlySet<Permission>;

/** Who asks, as far as each kind of route needs to know (see RouteAuth). */
export type Callers = {
  none: null;
  terminal: { terminalId: string; by: Actor };
  /** `locked`: the user left, and has to sign in again before anything is done for them. */
  user: { terminalId: string; user: User; permissions: Permissions; locked: boolean; by: Actor };
  staff: { user: User; permissions: Permissions; locked: boolean; by: Actor };
};
export type CallerOf<A extends RouteAuth> = Callers[A];

/** What of a request tells who asks. */
export type Credentials = {
  method: string;
  path: string;
  authorization: string | undefined;
  proof: string | undefined;
  /** Network address of the peer. */
  address: string;
  /** Who is signed in at the broker's own pages in the browser that asks. */
  pageSession(): Promise<PageSession | null>;
};

export type CallerLookup = { [A in RouteAuth]: (from: Credentials) => Promise<CallerOf<A>> };

type Deps = {
  db: Database;
  clock: Clock;
  proofs: ProofVerifier;
  presence: Pick<Presence, 'touch'>;
  permissionsOf(userId: string): Promise<Permissions>;
};

export function createCallerLookup(deps: Deps): CallerLookup {
  const { db, clock, proofs, presence, permissionsOf } = deps;

  /** The token that was sent, once the key that it is bound to has signed this very request. */
  async function provenToken(credentials: Credentials, token: string): Promise<AccessToken> {
    const { method, path, proof } = credentials;
    const { terminalId, spend } = await proofs.verify({ method, path, proof, token });
    const found = await findAccessToken({ db, clock }, token, terminalId);
    spend();
    presence.touch(terminalId);
    return found;
  }

  async function user(credentials: Credentials): Promise<Callers['user']> {
    const token = tokenOf(credentials.authorization);
    if (token === null) throw new CodedError('not-signed-in');
    const { user: found, terminal, locked } = await provenToken(credentials, token);
    if (found === null) throw new CodedError('not-signed-in');
    return {
      terminalId: terminal.id,
      user: found,
      permissions: await permissionsOf(found.id),
      locked,
      by: {
        actor: { kind: 'user', id: found.id, name: found.username },
        address: credentials.address,
        terminalId: terminal.id,
      },
    };
  }

  return {
    none: async () => null,

    terminal: async (credentials) => {
      const token = tokenOf(credentials.authorization);
      if (token === null) throw new CodedError('terminal-unknown');
      const { accountId, terminal } = await provenToken(credentials, token);
      if (accountId !== accountOfTerminal(terminal.id)) {
        throw new CodedError('proof-invalid', { detail: 'token of a user' });
      }
      const { id, name } = terminal;
      const { address } = credentials;
      const by: Actor = { actor: { kind: 'terminal', id, name }, address, terminalId: id };
      return { terminalId: id, by };
    },

    user,

    staff: async (credentials) => {
      if (credentials.authorization !== undefined) return user(credentials);
      const session = await credentials.pageSession();
      if (session === null) throw new CodedError('not-signed-in');
      return { ...session, locked: false };
    },
  };
}

/** The token of `Authorization: DPoP <token>` (RFC 9449 section 7.1). */
function tokenOf(authorization: string | undefined): string | null {
  return /^DPoP ([A-Za-z0-9_-]{1,128})$/i.exec(authorization ?? '')?.[1] ?? null;
}
