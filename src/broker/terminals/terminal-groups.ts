import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { terminalGroupSchema } from '../../contract/admin.ts';
import type { AuditParty } from '../../contract/audit.ts';
import { CodedError } from '../../contract/errors.ts';
import { doneBy } from '../access/audit-entry.ts';
import type { AccessDeps } from '../access/deps.ts';
import { withUniqueName } from '../access/unique-name.ts';
import type { Actor } from '../audit/actor.ts';
import type { Database } from '../store/store.ts';

export type TerminalGroup = z.output<typeof terminalGroupSchema>;

/** Terminals that are looked after together, such as those of one room. */
export type TerminalGroups = {
  /** By name. */
  list(): Promise<TerminalGroup[]>;
  /** @throws name-taken */
  create(name: string, by: Actor): Promise<TerminalGroup>;
  /** @throws not-found, name-taken */
  rename(id: string, name: string, by: Actor): Promise<TerminalGroup>;
  /** Its terminals stay, in no group. @throws not-found */
  remove(id: string, by: Actor): Promise<void>;
};

export function createTerminalGroups({ db, audit }: Omit<AccessDeps, 'clock'>): TerminalGroups {
  return {
    list: () => read(db),

    create: (name, by) =>
      db.transaction().execute(async (transaction) => {
        const group = { id: randomUUID(), name };
        await withUniqueName(name, () =>
          transaction.insertInto('terminal_groups').values(group).execute(),
        );
        await audit.append(
          doneBy(by, 'terminal-group.changed', partyOf(group), { change: 'added' }),
          transaction,
        );
        return { ...group, terminals: 0 };
      }),

    rename: (id, name, by) =>
      db.transaction().execute(async (transaction) => {
        const before = await find(transaction, id);
        await withUniqueName(name, () =>
          transaction.updateTable('terminal_groups').set({ name }).where('id', '=', id).execute(),
        );
        await audit.append(
          doneBy(by, 'terminal-group.changed', partyOf(before), { change: 'renamed', name }),
          transaction,
        );
        return find(transaction, id);
      }),

    remove: (id, by) =>
      db.transaction().execute(async (transaction) => {
        const group = await find(transaction, id);
        for (const table of ['terminals', 'enrollment_tokens'] as const) {
          await transaction
            .updateTable(table)
            .set({ group_id: null })
            .where('group_id', '=', id)
            .execute();
        }
        await transaction.deleteFrom('terminal_groups').where('id', '=', id).execute();
        await audit.append(
          doneBy(by, 'terminal-group.changed', partyOf(group), { change: 'removed' }),
          transaction,
        );
      }),
  };
}

async function find(db: Database, id: string): Promise<TerminalGroup> {
  const [group] = await read(db, id);
  if (group === undefined) throw new CodedError('not-found', { detail: 'group of terminals' });
  return group;
}

async function read(db: Database, id?: string): Promise<TerminalGroup[]> {
  const groups = await db
    .selectFrom('terminal_groups')
    .selectAll()
    .$if(id !== undefined, (query) => query.where('id', '=', id ?? ''))
    .orderBy('name')
    .execute();
  const counts = await db
    .selectFrom('terminals')
    .select((select) => ['group_id', select.fn.countAll().as('terminals')])
    .where('revoked_at', 'is', null)
    .groupBy('group_id')
    .execute();
  const terminalsOf = new Map(counts.map((row) => [row.group_id, Number(row.terminals)]));
  return groups.map((group) => ({ ...group, terminals: terminalsOf.get(group.id) ?? 0 }));
}

function partyOf({ id, name }: { id: string; name: string }): AuditParty {
  return { kind: 'terminal-group', id, name };
}
