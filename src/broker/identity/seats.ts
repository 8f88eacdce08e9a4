import type { User } from '../../contract/broker-api.ts';
import type { Clock } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Session } from '../../contract/session.ts';
import { doneBy } from '../access/audit-entry.ts';
import { type Actor, brokerItself } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { Presence } from '../presence.ts';
import type { Seat } from '../sessions/seat.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { SeatTable } from '../store/schema.ts';
import type { Database } from '../store/store.ts';
import type { Artifacts } from './provider/artifacts.ts';
import { type SignInMethod, signInDetail } from './sign-in-method.ts';

export type NewSeat = { terminalId: string; userId: string; grantId: string };

/** What may go on at a terminal after a restart of either side. */
export type Resumable = { user: User; session: Session; secondsLeft: number };

/** Who sits at each terminal: one user at a time, by the tokens of one grant. */
export type Seats = {
  /** A user has signed in: whoever sat there before is signed out, and what they left is hidden. */
  take(seat: NewSeat, how: SignInMethod, address: string): Promise<void>;
  /**
   * The session that still runs at a terminal which was here a moment ago, was not locked, and
   * whose user is still signed in. @throws nothing-to-resume
   */
  resumable(terminalId: string): Promise<Resumable>;
  /** Gives the seat to another grant of the same user, for as long as it had left. */
  resume(seat: NewSeat, address: string): Promise<void>;
  /** Until the user signs in again, nothing is shown and the token is for revoking it alone. */
  lock(terminalId: string, by: Actor): Promise<void>;
  /** The user of the grant leaves: their sessions at the terminal end. */
  leave(grantId: string, address: string): Promise<void>;
  /** Id of the provider that vouches for the user; null for an account of the broker. */
  identityProviderOf(userId: string): Promise<string | null>;
  /** Signs out whose sign-in is over. What they left running runs on, for when they come back. */
  expire(): Promise<void>;
};

type Deps = {
  db: Database;
  clock: Clock;
  artifacts: Pick<Artifacts, 'revokeGrant'>;
  audit: Pick<AuditLog, 'append'>;
  presence: Presence;
  sessions: Pick<Sessions, 'latestOnTerminal' | 'detachOthers' | 'endOnTerminal'>;
  streams: Pick<Gateway, 'clear'>;
  limits: { signInSeconds: number; resumeSeconds: number };
};

export function createSeats(deps: Deps): Seats {
  const { db, clock, artifacts, audit, presence, sessions, streams, limits } = deps;

  /** Puts the seat in the place of whatever seat the terminal had. */
  async function replace(transaction: Database, seat: SeatTable): Promise<void> {
    const before = await transaction
      .deleteFrom('seats')
      .where('terminal_id', '=', seat.terminal_id)
      .returning('grant_id')
      .executeTakeFirst();
    if (before !== undefined) await artifacts.revokeGrant(before.grant_id, transaction);
    await transaction.insertInto('seats').values(seat).execute();
    await transaction
      .updateTable('terminals')
      .set({ locked_at: null })
      .where('id', '=', seat.terminal_id)
      .execute();
  }

  /** @param address where they did it; null where their time was up */
  async function signOut(
    transaction: Database,
    grantId: string,
    address: string | null,
  ): Promise<Seat | null> {
    const seat = await transaction
      .deleteFrom('seats')
      .where('grant_id', '=', grantId)
      .returning(['terminal_id as terminalId', 'user_id as userId'])
      .executeTakeFirst();
    await artifacts.revokeGrant(grantId, transaction);
    if (seat === undefined) return null;
    const user = await userAt(transaction, { ...seat, address });
    const { terminalId } = seat;
    const by = address === null ? { ...brokerItself, terminalId } : user;
    const detail = address === null ? { reason: 'the sign-in has expired' } : {};
    await audit.append(doneBy(by, 'user.signed-out', user.actor, detail), transaction);
    return seat;
  }

  return {
    take: async ({ terminalId, userId, grantId }, how, address) => {
      // What another user left running here must not be resumed as this one's.
      await sessions.detachOthers(terminalId, userId);
      await db.transaction().execute(async (transaction) => {
        await replace(transaction, {
          terminal_id: terminalId,
          user_id: userId,
          grant_id: grantId,
          expires_at: clock.now() + limits.signInSeconds * 1000,
        });
        const by = await userAt(transaction, { userId, terminalId, address });
        const detail = signInDetail(how, await identityProviderOf(transaction, userId));
        await audit.append(doneBy(by, 'user.signed-in', by.actor, detail), transaction);
      });
      presence.touch(terminalId);
    },

    resumable: async (terminalId) => {
      const found = await sessions.latestOnTerminal(terminalId);
      const recent = await presence.seenWithin(terminalId, limits.resumeSeconds * 1000);
      const seat = found && recent ? await unlockedSeat(db, terminalId) : undefined;
      const msLeft = seat?.user_id === found?.user.id ? (seat?.expires_at ?? 0) - clock.now() : 0;
      if (found === null || msLeft <= 0) throw new CodedError('nothing-to-resume');
      return { ...found, secondsLeft: Math.ceil(msLeft / 1000) };
    },

    resume: async ({ terminalId, userId, grantId }, address) => {
      await db.transaction().execute(async (transaction) => {
        const seat = await unlockedSeat(transaction, terminalId);
        if (seat?.user_id !== userId) throw new CodedError('nothing-to-resume');
        await replace(transaction, { ...seat, grant_id: grantId });
        const by = await userAt(transaction, { userId, terminalId, address });
        await audit.append(doneBy(by, 'user.resumed', by.actor), transaction);
      });
      presence.touch(terminalId);
    },

    lock: async (terminalId, by) => {
      await db.transaction().execute(async (transaction) => {
        const locked = await transaction
          .updateTable('terminals')
          .set({ locked_at: clock.now() })
          .where('id', '=', terminalId)
          .where('locked_at', 'is', null)
          .executeTakeFirst();
        if (locked.numUpdatedRows === 0n) return;
        await audit.append(doneBy(by, 'user.locked', by.actor), transaction);
      });
      streams.clear(terminalId);
    },

    leave: async (grantId, address) => {
      const left = await db
        .transaction()
        .execute((transaction) => signOut(transaction, grantId, address));
      if (left === null) return;
      const by = await userAt(db, { ...left, address });
      streams.clear(left.terminalId);
      await sessions.endOnTerminal(left.terminalId, left.userId, by);
    },

    identityProviderOf: (userId) => identityProviderOf(db, userId),

    expire: async () => {
      const over = await db
        .selectFrom('seats')
        .select('grant_id')
        .where('expires_at', '<=', clock.now())
        .execute();
      for (const { grant_id } of over) {
        const left = await db
          .transaction()
          .execute((transaction) => signOut(transaction, grant_id, null));
        if (left !== null) streams.clear(left.terminalId);
      }
    },
  };
}

function unlockedSeat(db: Database, terminalId: string): Promise<SeatTable | undefined> {
  return db
    .selectFrom('seats')
    .innerJoin('terminals', 'terminals.id', 'seats.terminal_id')
    .selectAll('seats')
    .where('terminal_id', '=', terminalId)
    .where('locked_at', 'is', null)
    .executeTakeFirst();
}

async function identityProviderOf(db: Database, userId: string): Promise<string | null> {
  const row = await db
    .selectFrom('users')
    .select('identity_provider')
    .where('id', '=', userId)
    .executeTakeFirst();
  return row?.identity_provider ?? null;
}

type UserAt = { userId: string; terminalId: string; address: string | null };

async function userAt(db: Database, { userId, terminalId, address }: UserAt): Promise<Actor> {
  const row = await db
    .selectFrom('users')
    .select('username')
    .where('id', '=', userId)
    .executeTakeFirst();
  return {
    actor: { kind: 'user', id: userId, name: row?.username ?? '' },
    address,
    terminalId,
  };
}
