import type { User } from '../../contract/broker-api.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Session } from '../../contract/session.ts';
import type { Clock } from '../../desktops/clock.ts';
import type { Presence } from '../presence.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { Database } from '../store/store.ts';
import type { Passwords } from './password.ts';
import { hashSecret, randomSecret } from './secret.ts';
import { type Attempt, createThrottle } from './throttle.ts';

export type SignedIn = {
  accessToken: string;
  expiresInSeconds: number;
  user: User;
  session: Session | null;
};

export type SignIn = {
  /** @throws credentials-wrong, sign-in-throttled */
  withPassword(terminalId: string, username: string, password: string): Promise<SignedIn>;
  /** @throws nothing-to-resume */
  resume(terminalId: string): Promise<SignedIn>;
  /** Until the password is given again, the token is good for signing out alone. */
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
  limits: { signInSeconds: number; resumeSeconds: number };
};

/**
 * Wrong passwords are counted for each user on each terminal, and for each terminal. Never for a
 * user alone: whoever sits at one terminal could then lock people out at all others.
 */
const userLimits = { free: 4, firstDelayMs: 2_000, longestDelayMs: 15 * 60_000 };
const terminalLimits = { free: 12, firstDelayMs: 2_000, longestDelayMs: 15 * 60_000 };

export function createSignIn(deps: Deps): SignIn {
  const { db, clock, passwords, presence, sessions, limits } = deps;
  const ofUser = createThrottle(clock, 'sign-in-throttled', userLimits);
  const ofTerminal = createThrottle(clock, 'sign-in-throttled', terminalLimits);

  function begin(terminalId: string, username: string): { user: Attempt; terminal: Attempt } {
    const terminal = ofTerminal.begin(terminalId);
    try {
      return { terminal, user: ofUser.begin(`${terminalId} ${username}`) };
    } catch (error) {
      // No password was tried, so nothing is counted.
      terminal.takeBack();
      throw error;
    }
  }

  /** The only token of the terminal from now on: one user at a time sits at it. */
  async function issueToken(user: User, terminalId: string): Promise<SignedIn> {
    const accessToken = randomSecret();
    const expiresAt = clock.now() + limits.signInSeconds * 1000;
    const token_hash = hashSecret(accessToken);
    await db.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('access_tokens').where('terminal_id', '=', terminalId).execute();
      await transaction
        .insertInto('access_tokens')
        .values({ token_hash, user_id: user.id, terminal_id: terminalId, expires_at: expiresAt })
        .execute();
      await transaction
        .updateTable('terminals')
        .set({ locked_at: null })
        .where('id', '=', terminalId)
        .execute();
    });
    presence.touch(terminalId);
    return { accessToken, expiresInSeconds: limits.signInSeconds, user, session: null };
  }

  async function isLocked(terminalId: string): Promise<boolean> {
    const row = await db
      .selectFrom('terminals')
      .select('locked_at')
      .where('id', '=', terminalId)
      .executeTakeFirst();
    return row !== undefined && row.locked_at !== null;
  }

  return {
    withPassword: async (terminalId, typedName, password) => {
      const username = normalizeUsername(typedName);
      const attempt = begin(terminalId, username);
      const row = await db
        .selectFrom('users')
        .select(['id', 'username', 'display_name', 'password_hash'])
        .where('username', '=', username)
        .executeTakeFirst();
      const matches = await passwords.verify(row?.password_hash ?? null, password);
      if (row === undefined || !matches) throw new CodedError('credentials-wrong');
      attempt.user.forgive();
      // Not forgiven: whoever has an account could wipe the count of guesses at other accounts.
      attempt.terminal.takeBack();
      // What another user left running here must not be resumed as this one's.
      await sessions.detachOthers(terminalId, row.id);
      return issueToken(
        { id: row.id, username: row.username, displayName: row.display_name },
        terminalId,
      );
    },

    resume: async (terminalId) => {
      const found = await sessions.latestOnTerminal(terminalId);
      const recent = await presence.seenWithin(terminalId, limits.resumeSeconds * 1000);
      // A locked terminal stays so over a restart.
      if (found === null || !recent || (await isLocked(terminalId))) {
        throw new CodedError('nothing-to-resume');
      }
      return { ...(await issueToken(found.user, terminalId)), session: found.session };
    },

    lock: async (terminalId) => {
      await db
        .updateTable('terminals')
        .set({ locked_at: clock.now() })
        .where('id', '=', terminalId)
        .execute();
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
