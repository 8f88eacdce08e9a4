import type { Transaction } from 'kysely';
import type { Clock } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Tables } from '../store/schema.ts';
import type { Database } from '../store/store.ts';
import { formatEnrollmentCode, randomEnrollmentCode } from './enrollment-code.ts';
import { createGuesses } from './guesses.ts';
import { hashSecret, randomSecret } from './secret.ts';

export type EnrollmentRequest = {
  /** As enrollmentCodeSchema leaves it: upper case, no dashes. */
  code: string;
  name: string;
  terminalId: string;
  /** Network address of the terminal, which it may share with many behind one router. */
  address: string;
};

export type Enrollments = {
  /**
   * Registers the terminal that proved to have the key `terminalId`. The same terminal may repeat
   * it with the same code, for the case that the answer was lost on the way.
   * @throws enrollment-code-wrong, -used, -expired; too-many-requests
   */
  enroll(request: EnrollmentRequest): Promise<{ terminalId: string; refreshToken: string }>;
  /** Takes everything from the terminal that it could come back with. */
  revoke(terminalId: string): Promise<void>;
};

/**
 * People mistype, and wait no longer than half a minute for what others do at their address. A
 * guesser makes a new key for each try, so the address bounds it: 40 bits at two tries a minute.
 */
const limits = {
  guesser: { free: 10, firstDelayMs: 1_000, longestDelayMs: 10 * 60_000, forgetOneMs: 5 * 60_000 },
  place: { free: 100, firstDelayMs: 1_000, longestDelayMs: 30_000, forgetOneMs: 30_000 },
};

export function createEnrollments({ db, clock }: { db: Database; clock: Clock }): Enrollments {
  const guesses = createGuesses(clock, 'too-many-requests', limits);

  return {
    enroll: async ({ code, name, terminalId, address }) => {
      const guess = guesses.begin(terminalId, address);
      const refreshToken = randomSecret();
      await db.transaction().execute(async (transaction) => {
        await redeem(transaction, { code, terminalId, now: clock.now() });
        await saveTerminal(transaction, { terminalId, name, refreshToken, now: clock.now() });
      });
      guess.right();
      return { terminalId, refreshToken };
    },
    revoke: (terminalId) => revokeTerminal(db, terminalId, clock.now()),
  };
}

type Redemption = { code: string; terminalId: string; now: number };

async function redeem(db: Transaction<Tables>, { code, terminalId, now }: Redemption) {
  const hash = hashSecret(code);
  const row = await db
    .selectFrom('enrollment_codes')
    .leftJoin('terminals', 'terminals.id', 'enrollment_codes.terminal_id')
    .select(['expires_at', 'used_at', 'terminal_id', 'revoked_at'])
    .where('code_hash', '=', hash)
    .executeTakeFirst();
  if (row === undefined) throw new CodedError('enrollment-code-wrong');
  const repeated = row.terminal_id === terminalId && row.revoked_at === null;
  if (row.used_at !== null && !repeated) throw new CodedError('enrollment-code-used');
  if (row.expires_at <= now) throw new CodedError('enrollment-code-expired');
  await db
    .updateTable('enrollment_codes')
    .set({ used_at: now, terminal_id: terminalId })
    .where('code_hash', '=', hash)
    .execute();
}

type NewTerminal = { terminalId: string; name: string; refreshToken: string; now: number };

async function saveTerminal(db: Transaction<Tables>, terminal: NewTerminal): Promise<void> {
  const values = {
    name: terminal.name,
    refresh_hash: hashSecret(terminal.refreshToken),
    enrolled_at: terminal.now,
    seen_at: terminal.now,
    locked_at: null,
    revoked_at: null,
  };
  await db
    .insertInto('terminals')
    .values({ id: terminal.terminalId, ...values })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(values))
    .execute();
}

/** Works from outside the broker too: its next look at the store finds the terminal gone. */
export async function revokeTerminal(db: Database, terminalId: string, now: number): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await transaction
      .updateTable('terminals')
      .set({ revoked_at: now })
      .where('id', '=', terminalId)
      .where('revoked_at', 'is', null)
      .execute();
    await transaction.deleteFrom('access_tokens').where('terminal_id', '=', terminalId).execute();
  });
}

type NewCode = { expiresInSeconds: number; now: number };

/** Issues a code, to be shown to a person: XXXX-XXXX. Old ones are kept a day, to tell why not. */
export async function issueEnrollmentCode(db: Database, { expiresInSeconds, now }: NewCode) {
  const dayMs = 24 * 60 * 60 * 1000;
  await db
    .deleteFrom('enrollment_codes')
    .where('expires_at', '<', now - dayMs)
    .execute();
  const code = randomEnrollmentCode();
  const expiresAt = now + expiresInSeconds * 1000;
  await db
    .insertInto('enrollment_codes')
    .values({
      code_hash: hashSecret(code),
      expires_at: expiresAt,
      used_at: null,
      terminal_id: null,
    })
    .execute();
  return { code: formatEnrollmentCode(code), expiresAt: new Date(expiresAt).toISOString() };
}
