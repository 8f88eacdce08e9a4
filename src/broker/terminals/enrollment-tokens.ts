import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { enrollmentTokenSchema, newEnrollmentTokenSchema } from '../../contract/admin.ts';
import type { AuditParty } from '../../contract/audit.ts';
import { CodedError } from '../../contract/errors.ts';
import { doneBy } from '../access/audit-entry.ts';
import type { AccessDeps } from '../access/deps.ts';
import { assertKnown } from '../access/known-ids.ts';
import type { Actor } from '../audit/actor.ts';
import { hashSecret, randomSecret } from '../identity/secret.ts';
import type { EnrollmentTokenTable } from '../store/schema.ts';
import type { Database } from '../store/store.ts';
import type { NewTerminal, Terminals } from './terminals.ts';

export type EnrollmentToken = z.output<typeof enrollmentTokenSchema>;
export type NewEnrollmentToken = z.output<typeof newEnrollmentTokenSchema>;

/** A terminal as it tells of itself; the token says which group it is put into. */
export type TokenHolder = Omit<NewTerminal, 'groupId' | 'enrolledBy' | 'enrollmentTokenId'>;

/** Tokens that enroll terminals without a person, so many of them within so much time. */
export type EnrollmentTokens = {
  /** The newest first, without the tokens themselves. */
  list(): Promise<EnrollmentToken[]>;
  /** `token` is the secret, and told this once. @throws invalid-request for an unknown group */
  create(token: NewEnrollmentToken, by: Actor): Promise<EnrollmentToken & { token: string }>;
  /** Terminals that it enrolled stay. @throws not-found */
  revoke(id: string, by: Actor): Promise<void>;
  /**
   * Enrolls a terminal, for one use of the token. A terminal that was enrolled by it, and is still,
   * may ask again for the case that the answer was lost on the way: that takes no other.
   * @throws enrollment-token-wrong, -expired, -used-up
   */
  redeem(token: string, terminal: TokenHolder, by: Actor): Promise<void>;
};

type Deps = AccessDeps & { terminals: Pick<Terminals, 'enroll'> };

export function createEnrollmentTokens(deps: Deps): EnrollmentTokens {
  const { db, clock, audit, terminals } = deps;
  return {
    list: () => read(db),

    create: ({ label, groupId, uses, expiresInSeconds }, by) =>
      db.transaction().execute(async (transaction) => {
        await assertKnown(transaction, 'terminal_groups', groupId === null ? [] : [groupId]);
        const token = randomSecret();
        const id = randomUUID();
        const now = clock.now();
        await transaction
          .insertInto('enrollment_tokens')
          .values({
            id,
            label,
            token_hash: hashSecret(token),
            group_id: groupId,
            uses_left: uses,
            created_at: now,
            expires_at: now + expiresInSeconds * 1000,
            revoked_at: null,
          })
          .execute();
        const [created] = await read(transaction, id);
        if (created === undefined) throw new Error('the token that was written is not there');
        await audit.append(
          doneBy(by, 'enrollment-token.created', partyOf(created), {
            uses,
            expiresAt: created.expiresAt,
            group: created.group?.name ?? '',
          }),
          transaction,
        );
        return { ...created, token };
      }),

    revoke: (id, by) =>
      db.transaction().execute(async (transaction) => {
        const [token] = await read(transaction, id);
        if (token === undefined) throw new CodedError('not-found', { detail: 'enrollment token' });
        if (token.revoked) return;
        await transaction
          .updateTable('enrollment_tokens')
          .set({ revoked_at: clock.now() })
          .where('id', '=', id)
          .execute();
        await audit.append(doneBy(by, 'enrollment-token.revoked', partyOf(token)), transaction);
      }),

    redeem: (token, terminal, by) =>
      db.transaction().execute(async (transaction) => {
        const row = await transaction
          .selectFrom('enrollment_tokens')
          .selectAll()
          .where('token_hash', '=', hashSecret(token))
          .executeTakeFirst();
        if (row === undefined || row.revoked_at !== null) {
          throw new CodedError('enrollment-token-wrong');
        }
        if (row.expires_at <= clock.now()) throw new CodedError('enrollment-token-expired');
        if (await isRepeated(transaction, row, terminal.id)) return;
        await takeUse(transaction, row);
        const { id: enrollmentTokenId, label: enrolledBy, group_id: groupId } = row;
        const enrollment = { ...terminal, groupId, enrolledBy, enrollmentTokenId };
        await terminals.enroll(enrollment, by, transaction);
      }),
  };
}

async function takeUse(transaction: Database, { id }: EnrollmentTokenTable): Promise<void> {
  const { numUpdatedRows } = await transaction
    .updateTable('enrollment_tokens')
    .set((is) => ({ uses_left: is('uses_left', '-', 1) }))
    .where('id', '=', id)
    .where('uses_left', '>', 0)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw new CodedError('enrollment-token-used-up');
}

async function isRepeated(
  transaction: Database,
  token: EnrollmentTokenTable,
  terminalId: string,
): Promise<boolean> {
  const row = await transaction
    .selectFrom('terminals')
    .select('id')
    .where('id', '=', terminalId)
    .where('enrollment_token_id', '=', token.id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}

async function read(db: Database, id?: string): Promise<EnrollmentToken[]> {
  const rows = await db
    .selectFrom('enrollment_tokens')
    .leftJoin('terminal_groups', 'terminal_groups.id', 'enrollment_tokens.group_id')
    .selectAll('enrollment_tokens')
    .select('terminal_groups.name as group_name')
    .$if(id !== undefined, (query) => query.where('enrollment_tokens.id', '=', id ?? ''))
    .orderBy('created_at', 'desc')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    label: row.label,
    group:
      row.group_id === null || row.group_name === null
        ? null
        : { id: row.group_id, name: row.group_name },
    usesLeft: row.uses_left,
    createdAt: new Date(row.created_at).toISOString(),
    expiresAt: new Date(row.expires_at).toISOString(),
    revoked: row.revoked_at !== null,
  }));
}

function partyOf({ id, label }: EnrollmentToken): AuditParty {
  return { kind: 'enrollment-token', id, name: label };
}
