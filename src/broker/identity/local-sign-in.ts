import { usernameSchema } from '../../contract/admin.ts';
import type { Clock } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Database } from '../store/store.ts';
import { createGuesses } from './guesses.ts';
import type { Passwords } from './password.ts';

/** Where a secret is typed. */
export type SignInPlace = {
  address: string;
  /** As the authorization request says; nothing proves it before the tokens are asked for. */
  terminalId: string | null;
};

/** Who has shown to know the password, or is vouched for, and what is still to be asked for. */
export type Recognized = {
  id: string;
  username: string;
  displayName: string;
  secondFactor: 'none' | 'check' | 'set-up';
};

export type LocalSignIn = {
  /** @throws credentials-wrong, account-disabled, sign-in-throttled */
  withPassword(typedName: string, password: string, place: SignInPlace): Promise<Recognized>;
  /** Who has this name, for the audit log alone: nobody is told whether it is one. */
  find(typedName: string): Promise<{ id: string; username: string } | null>;
  /** Who is known already. @throws account-disabled, also when they are gone */
  recognize(userId: string): Promise<Recognized>;
};

type Deps = { db: Database; clock: Clock; passwords: Passwords };

/**
 * Wrong passwords are counted for each user in each place, and for each address. Never for a user
 * alone: whoever sits in one place could then lock people out of all others. Those who share an
 * address wait five seconds at most for what others did there.
 */
const guessLimits = {
  guesser: { free: 4, firstDelayMs: 2_000, longestDelayMs: 15 * 60_000, forgetOneMs: 15 * 60_000 },
  place: { free: 12, firstDelayMs: 1_000, longestDelayMs: 5_000, forgetOneMs: 60_000 },
};

/** Accounts of the broker itself. */
export function createLocalSignIn({ db, clock, passwords }: Deps): LocalSignIn {
  const guesses = createGuesses(clock, 'sign-in-throttled', guessLimits);

  const accounts = () =>
    db
      .selectFrom('users')
      .select(['id', 'username', 'display_name', 'password_hash', 'disabled_at'])
      .select(['totp_secret', 'totp_required']);

  return {
    withPassword: async (typedName, password, { address, terminalId }) => {
      const parsed = usernameSchema.safeParse(typedName);
      const username = parsed.success ? parsed.data : '';
      // The terminal is what the request says, so guesses under a false name count by address too.
      const guess = guesses.begin(`${terminalId ?? ''} ${address} ${username}`, address);
      const row = await accounts().where('username', '=', username).executeTakeFirst();
      const matches = await passwords.verify(row?.password_hash ?? null, password);
      if (row === undefined || !matches) throw new CodedError('credentials-wrong');
      guess.right();
      return recognized(row);
    },

    find: async (typedName) => {
      const parsed = usernameSchema.safeParse(typedName);
      const row = await accounts()
        .where('username', '=', parsed.success ? parsed.data : '')
        .executeTakeFirst();
      return row ?? null;
    },

    recognize: async (userId) => {
      const row = await accounts().where('id', '=', userId).executeTakeFirst();
      if (row === undefined) throw new CodedError('account-disabled');
      return recognized(row);
    },
  };
}

type Row = {
  id: string;
  username: string;
  display_name: string;
  disabled_at: number | null;
  totp_secret: string | null;
  totp_required: 0 | 1;
};

function recognized(row: Row): Recognized {
  // Told only here, after the password: an account that is switched off looks like none before.
  if (row.disabled_at !== null) throw new CodedError('account-disabled');
  return {
    id: row.id,
    username: row.username,
    displayName: row.display_name,
    secondFactor: row.totp_secret !== null ? 'check' : row.totp_required === 1 ? 'set-up' : 'none',
  };
}
