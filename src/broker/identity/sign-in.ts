import type { User } from '../../contract/broker-api.ts';
import type { Clock } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Session } from '../../contract/session.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { Presence } from '../presence.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { Database } from '../store/store.ts';
import { createGuesses } from './guesses.ts';
import type { Passwords } from './password.ts';
import { hashSecret, randomSecret } from './secret.ts';

type Token = { accessToken: string; expiresInSeconds: number };

export type SignedIn = Token & { user: User; session: Session | null };

export type SignIn = {
  /** @throws credentials-wrong, sign-in-throttled */
  withPassword(terminalId: string, username: string, password: string): Promise<SignedIn>;
  /** Takes up the sign-in of who has a session here, without prolonging it. @throws nothing-to-resume */
  resume(terminalId: string): Promise<SignedIn>;
  /** Until the password is given again, nothing is shown and the token is for signing out alone. */
  lock(terminalId: string): Promise<void>;
  /** Ends the user's sessions on the terminal, and their sign-in there. */
  signOut(terminalId: string, userId: string): Promise<void>;
};

type Deps = {
  db: Database;
  clock: Clock;
  passwords: Passwords;
  presence: Presence;
  sessions: Sessions;
  streams: Pick<Gateway, 'clear'>;
  limits: { signInSeconds: number; resumeSeconds: number };
};

/**
 * Wrong passwords are counted for each user on each terminal, and for each terminal. Never for a
 * user alone: whoever sits at one terminal could then lock people out at all others. Those who
 * share a terminal wait five seconds at most for what others did at it.
 */
const guessLimits = {
  guesser: { free: 4, firstDelayMs: 2_000, longestDelayMs: 15 * 60_000, forgetOneMs: 15 * 60_000 },
  place: { free: 12, firstDelayMs: 1_000, longestDelayMs: 5_000, forgetOneMs: 60_000 },
};

export function createSignIn(deps: Deps): SignIn {
  const { db, clock, passwords, presence, sessions, streams, limits } = deps;
  const guesses = createGuesses(clock, 'sign-in-throttled', guessLimits);

  /** The only token of the terminal from now on: one user at a time sits at it. */
  async function issueToken(userId: string, terminalId: string): Promise<Token> {
    const accessToken = randomSecret();
    const expiresAt = clock.now() + limits.signInSeconds * 1000;
    const token_hash = hashSecret(accessToken);
    await db.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('access_tokens').where('terminal_id', '=', terminalId).execute();
      await transaction
        .insertInto('access_tokens')
        .values({ token_hash, user_id: userId, terminal_id: terminalId, expires_at: expiresAt })
        .execute();
      await transaction
        .updateTable('terminals')
        .set({ locked_at: null })
        .where('id', '=', terminalId)
        .execute();
    });
    return { accessToken, expiresInSeconds: limits.signInSeconds };
  }

  /**
   * A token in place of the one that the user has at the terminal, for as long as that one had left.
   * Null when they have none, such as after a new password, or when the terminal is locked, which
   * it stays over a restart.
   */
  async function renewToken(userId: string, terminalId: string): Promise<Token | null> {
    const accessToken = randomSecret();
    const now = clock.now();
    const row = await db
      .updateTable('access_tokens')
      .set({ token_hash: hashSecret(accessToken) })
      .where('user_id', '=', userId)
      .where('terminal_id', 'in', (query) =>
        query
          .selectFrom('terminals')
          .select('id')
          .where('id', '=', terminalId)
          .where('locked_at', 'is', null),
      )
      .where('expires_at', '>', now)
      .returning('expires_at')
      .executeTakeFirst();
    if (row === undefined) return null;
    return { accessToken, expiresInSeconds: Math.ceil((row.expires_at - now) / 1000) };
  }

  return {
    withPassword: async (terminalId, typedName, password) => {
      const username = normalizeUsername(typedName);
      const guess = guesses.begin(`${terminalId} ${username}`, terminalId);
      const row = await db
        .selectFrom('users')
        .select(['id', 'username', 'display_name', 'password_hash'])
        .where('username', '=', username)
        .executeTakeFirst();
      const matches = await passwords.verify(row?.password_hash ?? null, password);
      if (row === undefined || !matches) throw new CodedError('credentials-wrong');
      guess.right();
      // What another user left running here must not be resumed as this one's.
      await sessions.detachOthers(terminalId, row.id);
      const token = await issueToken(row.id, terminalId);
      presence.touch(terminalId);
      const user = { id: row.id, username: row.username, displayName: row.display_name };
      return { ...token, user, session: null };
    },

    resume: async (terminalId) => {
      const found = await sessions.latestOnTerminal(terminalId);
      const recent = await presence.seenWithin(terminalId, limits.resumeSeconds * 1000);
      const token = found && recent ? await renewToken(found.user.id, terminalId) : null;
      if (found === null || token === null) throw new CodedError('nothing-to-resume');
      presence.touch(terminalId);
      return { ...token, ...found };
    },

    lock: async (terminalId) => {
      await db
        .updateTable('terminals')
        .set({ locked_at: clock.now() })
        .where('id', '=', terminalId)
        .execute();
      streams.clear(terminalId);
    },

    signOut: async (terminalId, userId) => {
      await db
        .deleteFrom('access_tokens')
        .where('terminal_id', '=', terminalId)
        .where('user_id', '=', userId)
        .execute();
      await sessions.endOnTerminal(terminalId, userId);
    },
  };
}

/** User names are the same however they are typed. */
export function normalizeUsername(username: string): string {
  return username.trim().normalize('NFKC').toLowerCase();
}
