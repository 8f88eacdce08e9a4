import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { newDesktopSchema, OfferedDesktop } from '../../contract/admin.ts';
import type { AuditParty } from '../../contract/audit.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Actor } from '../audit/actor.ts';
import type { Database } from '../store/store.ts';
import { doneBy, listed } from './audit-entry.ts';
import type { AccessDeps } from './deps.ts';
import { assertKnown } from './known-ids.ts';

export type NewDesktop = z.output<typeof newDesktopSchema>;

/** All desktops, with the groups whose members may open them. */
export type OfferedDesktops = {
  /** By name. */
  list(): Promise<OfferedDesktop[]>;
  /** @throws invalid-request for an unknown group */
  create(desktop: NewDesktop, by: Actor): Promise<OfferedDesktop>;
  /** Nothing new where the group is entitled already. @throws not-found, invalid-request */
  entitle(desktopId: string, groupId: string, by: Actor): Promise<void>;
};

export function createOfferedDesktops({ db, audit }: Omit<AccessDeps, 'clock'>): OfferedDesktops {
  return {
    list: () => read(db),

    create: ({ memoryMb, groups, ...desktop }, by) =>
      db.transaction().execute(async (transaction) => {
        const id = randomUUID();
        await transaction
          .insertInto('desktops')
          .values({ id, memory_mb: memoryMb, ...desktop })
          .execute();
        await assertKnown(transaction, 'groups', groups);
        for (const groupId of new Set(groups)) await entitle(transaction, id, groupId);
        const created = await find(transaction, id);
        const { image, engine } = created;
        await audit.append(
          doneBy(by, 'desktop.created', partyOf(created), { image, engine, ...detailOf(created) }),
          transaction,
        );
        return created;
      }),

    entitle: (desktopId, groupId, by) =>
      db.transaction().execute(async (transaction) => {
        const before = await find(transaction, desktopId);
        if (before.groups.some(({ id }) => id === groupId)) return;
        await assertKnown(transaction, 'groups', [groupId]);
        await entitle(transaction, desktopId, groupId);
        const after = await find(transaction, desktopId);
        await audit.append(
          doneBy(by, 'desktop.changed', partyOf(after), detailOf(after)),
          transaction,
        );
      }),
  };
}

async function entitle(transaction: Database, desktop_id: string, group_id: string): Promise<void> {
  await transaction.insertInto('entitlements').values({ group_id, desktop_id }).execute();
}

async function find(db: Database, id: string): Promise<OfferedDesktop> {
  const [desktop] = await read(db, id);
  if (desktop === undefined) throw new CodedError('not-found', { detail: 'desktop' });
  return desktop;
}

async function read(db: Database, id?: string): Promise<OfferedDesktop[]> {
  const desktops = await db
    .selectFrom('desktops')
    .select(['id', 'name', 'description', 'image', 'engine', 'memory_mb as memoryMb', 'cpus'])
    .$if(id !== undefined, (query) => query.where('id', '=', id ?? ''))
    .orderBy('name')
    .execute();
  const entitlements = await db
    .selectFrom('entitlements')
    .innerJoin('groups', 'groups.id', 'entitlements.group_id')
    .select(['desktop_id', 'groups.id', 'groups.name'])
    .$if(id !== undefined, (query) => query.where('desktop_id', '=', id ?? ''))
    .orderBy('groups.name')
    .execute();
  const groupsOf = Map.groupBy(entitlements, ({ desktop_id }) => desktop_id);
  return desktops.map((desktop) => ({
    ...desktop,
    groups: (groupsOf.get(desktop.id) ?? []).map(({ id: groupId, name }) => ({
      id: groupId,
      name,
    })),
  }));
}

function partyOf({ id, name }: OfferedDesktop): AuditParty {
  return { kind: 'desktop', id, name };
}

function detailOf({ groups }: OfferedDesktop) {
  return { groups: listed(groups.map(({ name }) => name)) };
}
