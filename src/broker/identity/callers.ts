import type { RouteAuth, User } from '../../contract/broker-api.ts';
import type { Clock } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Presence } from '../presence.ts';
import type { Database } from '../store/store.ts';
import type { ProofVerifier } from './dpop.ts';
import { hashSecret } from './secret.ts';

/** Who asks, as far as each kind of route needs to know (see RouteAuth). */
export type Callers = {
  none: null;
  proof: { terminalId: string };
  terminal: { terminalId: string };
  /** `locked`: the user left, and has to give the password before anything is done for them. */
  user: { terminalId: string; user: User; locked: boolean };
};
export type CallerOf<A extends RouteAuth> = Callers[A];

/** What of a request tells who asks: the method, the path, and two headers. */
export type Credentials = {
  method: string;
  path: string;
  authorization: string | undefined;
  proof: string | undefined;
};

export type CallerLookup = { [A in RouteAuth]: (from: Credentials) => Promise<CallerOf<A>> };

type Deps = { db: Database; clock: Clock; proofs: ProofVerifier; presence: Presence };

export function createCallerLookup({ db, clock, proofs, presence }: Deps): CallerLookup {
  async function terminalOf(credentials: Credentials, token: string): Promise<string> {
    const { method, path, proof } = credentials;
    return proofs.verify({ method, path, proof, token });
  }

  return {
    none: async () => null,

    proof: async ({ method, path, proof }) => ({
      terminalId: await proofs.verify({ method, path, proof, token: null }),
    }),

    terminal: async (credentials) => {
      const token = tokenOf(credentials.authorization);
      if (token === null) throw new CodedError('terminal-unknown');
      const row = await db
        .selectFrom('terminals')
        .select(['id'])
        .where('refresh_hash', '=', hashSecret(token))
        .where('revoked_at', 'is', null)
        .executeTakeFirst();
      if (row === undefined) throw new CodedError('terminal-unknown');
      assertSame(await terminalOf(credentials, token), row.id);
      return { terminalId: row.id };
    },

    user: async (credentials) => {
      const token = tokenOf(credentials.authorization);
      if (token === null) throw new CodedError('not-signed-in');
      const terminalId = await terminalOf(credentials, token);
      const row = await db
        .selectFrom('access_tokens')
        .innerJoin('users', 'users.id', 'access_tokens.user_id')
        .innerJoin('terminals', 'terminals.id', 'access_tokens.terminal_id')
        .select(['users.id', 'username', 'display_name as displayName'])
        .select(['terminal_id', 'expires_at', 'locked_at'])
        .where('token_hash', '=', hashSecret(token))
        .executeTakeFirst();
      if (row === undefined) throw await whyNotSignedIn(db, terminalId);
      assertSame(terminalId, row.terminal_id);
      if (row.expires_at <= clock.now()) throw new CodedError('not-signed-in');
      presence.touch(terminalId);
      const { id, username, displayName } = row;
      return { terminalId, user: { id, username, displayName }, locked: row.locked_at !== null };
    },
  };
}

/** Revoking a terminal deletes its tokens; it must learn that it is the terminal that is out. */
async function whyNotSignedIn(db: Database, terminalId: string): Promise<CodedError> {
  const known = await db
    .selectFrom('terminals')
    .select('id')
    .where('id', '=', terminalId)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return new CodedError(known === undefined ? 'terminal-unknown' : 'not-signed-in');
}

/** The token of `Authorization: DPoP <token>` (RFC 9449 section 7.1). */
function tokenOf(authorization: string | undefined): string | null {
  return /^DPoP ([A-Za-z0-9_-]{1,128})$/i.exec(authorization ?? '')?.[1] ?? null;
}

function assertSame(proven: string, owner: string): void {
  if (proven !== owner) throw new CodedError('proof-invalid', { detail: 'token of another key' });
}
