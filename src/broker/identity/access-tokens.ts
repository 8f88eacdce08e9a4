import { z } from 'zod';
import type { User } from '../../contract/broker-api.ts';
import type { Clock } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Database } from '../store/store.ts';
import { hashSecret } from './secret.ts';

/** A token that is good, in the hands of the terminal that it is bound to. */
export type AccessToken = {
  accountId: string;
  terminal: { id: string; name: string };
  /** The user of the token; null when it is the terminal's own, or when they were signed out. */
  user: User | null;
  /** The terminal waits for its user to sign in again. */
  locked: boolean;
};

const payloadSchema = z.object({ accountId: z.string(), jkt: z.string(), exp: z.number() });

/**
 * Looks an access token up which the terminal has proven to have the key of. One query: this is
 * done for each request.
 * @throws not-signed-in; terminal-unknown; proof-invalid for a token of another key
 */
export async function findAccessToken(
  { db, clock }: { db: Database; clock: Clock },
  token: string,
  terminalId: string,
): Promise<AccessToken> {
  const row = await db
    .selectFrom('oidc_artifacts as token')
    .leftJoin('terminals', (join) =>
      join.on('terminals.id', '=', terminalId).on('terminals.revoked_at', 'is', null),
    )
    .leftJoin('seats', (join) =>
      join
        .onRef('seats.grant_id', '=', 'token.grant_id')
        .on('seats.terminal_id', '=', terminalId)
        .on('seats.expires_at', '>', clock.now()),
    )
    .leftJoin('users', (join) =>
      join.onRef('users.id', '=', 'seats.user_id').on('users.disabled_at', 'is', null),
    )
    .select(['token.payload', 'terminals.name as terminalName', 'locked_at'])
    .select(['users.id as userId', 'username', 'display_name as displayName'])
    .where('token.model', '=', 'AccessToken')
    .where('token.id', '=', hashSecret(token))
    .executeTakeFirst();
  if (row === undefined) throw await whyUnknown(db, terminalId);
  const { accountId, jkt, exp } = payloadSchema.parse(JSON.parse(row.payload));
  if (jkt !== terminalId) throw new CodedError('proof-invalid', { detail: 'token of another key' });
  if (row.terminalName === null) throw new CodedError('terminal-unknown');
  if (exp * 1000 <= clock.now()) throw new CodedError('not-signed-in', { detail: 'expired' });
  return {
    accountId,
    terminal: { id: terminalId, name: row.terminalName },
    user: userOf(row),
    locked: row.locked_at !== null,
  };
}

type UserColumns = { userId: string | null; username: string | null; displayName: string | null };

function userOf({ userId, username, displayName }: UserColumns): User | null {
  if (userId === null || username === null || displayName === null) return null;
  return { id: userId, username, displayName };
}

/** Revoking a terminal deletes its tokens; it must learn that it is the terminal that is out. */
async function whyUnknown(db: Database, terminalId: string): Promise<CodedError> {
  const known = await db
    .selectFrom('terminals')
    .select('id')
    .where('id', '=', terminalId)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return new CodedError(known === undefined ? 'terminal-unknown' : 'not-signed-in');
}
