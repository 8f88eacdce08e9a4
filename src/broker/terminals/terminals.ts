import type { z } from 'zod';
import type { EnrolledTerminal, terminalChangeSchema } from '../../contract/admin.ts';
import type { AuditParty } from '../../contract/audit.ts';
import type { TerminalProfile, TerminalReport } from '../../contract/broker-api.ts';
import { CodedError } from '../../contract/errors.ts';
import { doneBy, fieldsOf } from '../access/audit-entry.ts';
import type { AccessDeps } from '../access/deps.ts';
import { assertKnown } from '../access/known-ids.ts';
import { assertHolds } from '../access/permissions.ts';
import { signOutTerminal } from '../access/signed-out.ts';
import type { Actor } from '../audit/actor.ts';
import type { Estate, Estates } from '../pools/estates.ts';
import type { TerminalTable } from '../store/schema.ts';
import type { Database } from '../store/store.ts';
import { giveAccount, takeAccount } from './terminal-account.ts';
import { readTerminals } from './terminal-rows.ts';

export type NewTerminal = TerminalReport & {
  /** RFC 7638 thumbprint of its key. */
  id: string;
  name: string;
  address: string;
  groupId: string | null;
  /** Who approved it, or the label of its enrollment token. */
  enrolledBy: string;
  /** Where it enrolled by a token. */
  enrollmentTokenId?: string;
};
export type TerminalChange = z.output<typeof terminalChangeSchema>;

/** The terminals that the broker has given an identity to. */
export type Terminals = {
  /** The newest first, the revoked with them. */
  list(): Promise<EnrolledTerminal[]>;
  /**
   * One that was there before, revoked or not, is as new afterwards: its tokens and those of who
   * sits at it are worthless. Part of `transaction` where one is given.
   * @throws invalid-request
   */
  enroll(terminal: NewTerminal, by: Actor, transaction?: Database): Promise<void>;
  isRegistered(id: string): Promise<boolean>;
  /** All but where its sign-in window may go. @throws terminal-unknown */
  profile(id: string): Promise<Omit<TerminalProfile, 'signInOrigins'>>;
  /** What the terminal says of itself at each start. @throws terminal-unknown */
  report(id: string, report: TerminalReport, by: Actor): Promise<void>;
  /**
   * Giving it an account entitles that to a desktop, which takes managing users.
   * @throws not-found, change-conflict once it is revoked, invalid-request, permission-missing
   */
  change(id: string, change: TerminalChange, by: Actor): Promise<EnrolledTerminal>;
  /**
   * Takes everything from it that it could come back with. A running broker ends what runs on it
   * at its next look. Nothing new where it is revoked already. @throws not-found
   */
  revoke(id: string, by: Actor): Promise<void>;
};

type Deps = AccessDeps & { estates: Estates };

export function createTerminals({ db, clock, audit, estates }: Deps): Terminals {
  async function enroll(
    transaction: Database,
    { id, groupId, enrolledBy, enrollmentTokenId, ...facts }: NewTerminal,
    by: Actor,
  ): Promise<void> {
    await assertKnown(transaction, 'terminal_groups', groupId === null ? [] : [groupId]);
    // Whoever was there before, the key is with somebody else now, or nobody knows where it was.
    await signOutTerminal(transaction, id);
    const now = clock.now();
    const values = {
      ...facts,
      group_id: groupId,
      enrolled_by: enrolledBy,
      enrollment_token_id: enrollmentTokenId ?? null,
      enrolled_at: now,
      seen_at: now,
      locked_at: null,
      revoked_at: null,
    };
    await transaction
      .insertInto('terminals')
      .values({ id, ...values })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(values))
      .execute();
    const { name, model, vault } = facts;
    const detail = { model, vault, enrolledBy };
    await audit.append(doneBy(by, 'terminal.enrolled', partyOf({ id, name }), detail), transaction);
  }

  /** What the account that a terminal has would leave behind: disks that are nobody's then. */
  async function giveUpEstate(
    transaction: Database,
    { account_user_id: userId }: TerminalTable,
  ): Promise<Estate | null> {
    if (userId === null) return null;
    const estate = await estates.ofUser(transaction, userId);
    await estates.giveUp(transaction, estate);
    return estate;
  }

  return {
    list: () => readTerminals(db),

    enroll: async (terminal, by, within) => {
      if (within !== undefined) return enroll(within, terminal, by);
      await db.transaction().execute((transaction) => enroll(transaction, terminal, by));
    },

    isRegistered: async (id) => (await findRegistered(db, id)) !== null,

    profile: async (id) => {
      const [terminal] = await readTerminals(db, id);
      if (terminal === undefined || terminal.revoked) throw new CodedError('terminal-unknown');
      const { name, group, account } = terminal;
      return {
        id,
        name,
        group: group?.name ?? null,
        account: account === null ? null : { desktopId: account.desktop.id },
      };
    },

    report: (id, report, by) =>
      db.transaction().execute(async (transaction) => {
        const before = await findRegistered(transaction, id);
        if (before === null) throw new CodedError('terminal-unknown');
        await transaction.updateTable('terminals').set(report).where('id', '=', id).execute();
        if (before.vault === report.vault) return;
        // How well a terminal keeps its identity is worth knowing; its version is not.
        const detail = { changed: 'vault', vault: report.vault };
        await audit.append(doneBy(by, 'terminal.changed', partyOf(before), detail), transaction);
      }),

    change: async (id, { name, groupId, account }, by) => {
      const { after, left } = await db.transaction().execute(async (transaction) => {
        const before = await find(transaction, id);
        if (before.revoked_at !== null) {
          throw new CodedError('change-conflict', { detail: 'the terminal is revoked' });
        }
        if (groupId) await assertKnown(transaction, 'terminal_groups', [groupId]);
        const values = {
          ...(name === undefined ? {} : { name }),
          ...(groupId === undefined ? {} : { group_id: groupId }),
        };
        if (Object.keys(values).length > 0) {
          await transaction.updateTable('terminals').set(values).where('id', '=', id).execute();
        }
        const left = account === undefined ? null : await giveUpEstate(transaction, before);
        if (account === null) await takeAccount(transaction, before);
        else if (account !== undefined) {
          await assertHolds(transaction, by, ['users.manage']);
          await giveAccount(transaction, before, { ...account, now: clock.now() });
        }
        const after = await readOne(transaction, id);
        const detail = { changed: fieldsOf({ name, groupId, account }) };
        await audit.append(doneBy(by, 'terminal.changed', partyOf(after), detail), transaction);
        return { after, left };
      });
      if (left !== null) await estates.destroy(left);
      return after;
    },

    revoke: async (id, by) => {
      const left = await db.transaction().execute(async (transaction) => {
        const terminal = await find(transaction, id);
        if (terminal.revoked_at !== null) return null;
        const estate = await giveUpEstate(transaction, terminal);
        await takeAccount(transaction, terminal);
        await signOutTerminal(transaction, id);
        await transaction
          .updateTable('terminals')
          .set({ revoked_at: clock.now() })
          .where('id', '=', id)
          .execute();
        await audit.append(doneBy(by, 'terminal.revoked', partyOf(terminal)), transaction);
        return estate;
      });
      if (left !== null) await estates.destroy(left);
    },
  };
}

async function find(db: Database, id: string): Promise<TerminalTable> {
  const row = await db.selectFrom('terminals').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw new CodedError('not-found', { detail: 'terminal' });
  return row;
}

async function findRegistered(db: Database, id: string): Promise<TerminalTable | null> {
  const row = await db
    .selectFrom('terminals')
    .selectAll()
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return row ?? null;
}

async function readOne(db: Database, id: string): Promise<EnrolledTerminal> {
  const [terminal] = await readTerminals(db, id);
  if (terminal === undefined) throw new CodedError('not-found', { detail: 'terminal' });
  return terminal;
}

function partyOf({ id, name }: Pick<TerminalTable, 'id' | 'name'>): AuditParty {
  return { kind: 'terminal', id, name };
}
