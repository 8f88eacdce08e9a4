import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { permissionsOf } from '../../src/broker/access/permissions.ts';
import { createAdministration } from '../../src/broker/administration.ts';
import { type Actor, commandLine } from '../../src/broker/audit/actor.ts';
import { createAuditLog } from '../../src/broker/audit/audit-log.ts';
import { createDiskFiles } from '../../src/broker/disks/disk-files.ts';
import { openStore, type StoreLocation } from '../../src/broker/store/store.ts';
import type { AuditAction } from '../../src/contract/audit.ts';
import type { Permission } from '../../src/contract/permissions.ts';
import { newPoolSchema } from '../../src/contract/pool.ts';
import { FakeClock } from './fake-clock.ts';
import { storePlace } from './store-place.ts';

export type ScratchAdministration = Awaited<ReturnType<typeof startAdministration>>;

/** The services of administration on a store of their own, with passwords that cost no time. */
export async function startAdministration(location?: StoreLocation) {
  const dataDir = mkdtempSync(join(tmpdir(), 'administration-'));
  const clock = new FakeClock();
  const { db, close } = await openStore(location ?? (await storePlace(dataDir)));
  const audit = createAuditLog({ db, clock });
  const passwords = { hash: async (password: string) => `hash of ${password}` };
  const administration = createAdministration({
    db,
    clock,
    audit,
    passwords,
    files: createDiskFiles(dataDir),
  });
  const { users, groups, roles, pools, terminals } = administration;

  async function addUser(username: string, groupIds: string[] = []) {
    const account = { username, displayName: username, password: 'correct horse' };
    return users.create({ ...account, groups: groupIds, secondFactor: 'off' }, commandLine);
  }

  /** A group whose members may do this, through a role of its own. */
  async function addGroup(name: string, permissions: Permission[] = []) {
    const role =
      permissions.length > 0 ? [await roles.create({ name, permissions }, commandLine)] : [];
    const contents = { roles: role.map(({ id }) => id), pools: [], claims: [] };
    return groups.create({ name, ...contents }, commandLine);
  }

  return {
    ...administration,
    audit,
    clock,
    dataDir,
    db,
    addUser,
    addGroup,

    /** Somebody who may do just this, and what everyone may. */
    async actor(username: string, permissions: Permission[]): Promise<Actor> {
      const group = await addGroup(`${username}s`, permissions);
      const { id } = await addUser(username, [group.id]);
      return {
        actor: { kind: 'user', id, name: username },
        address: '192.0.2.7',
        terminalId: null,
      };
    },

    async addPool(name: string, groupIds: string[] = []) {
      const order = { name, image: 'porthole', memoryMb: 256, groups: groupIds };
      return pools.create(newPoolSchema.parse(order), commandLine);
    },

    /** A session as it is written down; it has ended where `endedAt` is given. */
    async session(
      user: { id: string; username: string },
      desktop: { id: string; name: string },
      { startedAt = 1, endedAt = null }: { startedAt?: number; endedAt?: number | null } = {},
    ): Promise<string> {
      const id = randomUUID();
      await db
        .insertInto('sessions')
        .values({
          id,
          machine_id: id,
          user_id: user.id,
          username: user.username,
          desktop_id: desktop.id,
          desktop_name: desktop.name,
          engine: 'para',
          image: 'porthole',
          terminal_id: null,
          state: endedAt === null ? 'running' : 'ended',
          revision: 1,
          started_at: startedAt,
          expires_at: startedAt + 1,
          used_at: startedAt,
          ended_at: endedAt,
          end_asked_at: null,
          accelerator: null,
          problem: null,
          console_log: null,
          qemu_log: null,
        })
        .execute();
      return id;
    },

    async enroll(id: string, facts: { name?: string; groupId?: string } = {}): Promise<void> {
      const { name = 'Desk 1', groupId = null } = facts;
      const machine = { model: 'Thin 1', version: '1.2.3', vault: 'keychain' } as const;
      const place = { address: '192.0.2.9', groupId, enrolledBy: 'ada' };
      await terminals.enroll({ id, name, ...machine, ...place }, commandLine);
    },

    /** A user at a terminal, as a sign-in leaves it: a seat, and a grant with a token. */
    async seat(userId: string, terminalId: string): Promise<void> {
      const grantId = `grant of ${userId} at ${terminalId}`;
      await db
        .insertInto('seats')
        .values({
          terminal_id: terminalId,
          user_id: userId,
          grant_id: grantId,
          expires_at: clock.now() + 3_600_000,
        })
        .execute();
      await this.artifact('Grant', grantId, { accountId: userId });
      await this.artifact('AccessToken', `token ${grantId}`, { accountId: userId, grantId });
    },

    async artifact(model: string, id: string, payload: { accountId: string; grantId?: string }) {
      await db
        .insertInto('oidc_artifacts')
        .values({
          model,
          id,
          payload: JSON.stringify({ kind: model, ...payload }),
          account_id: payload.accountId,
          grant_id: payload.grantId ?? null,
          user_code: null,
          uid: null,
          created_at: clock.now(),
          expires_at: null,
          consumed_at: null,
        })
        .execute();
    },

    async artifacts(): Promise<string[]> {
      const rows = await db.selectFrom('oidc_artifacts').select('id').orderBy('id').execute();
      return rows.map(({ id }) => id);
    },

    async seats(): Promise<string[]> {
      const rows = await db.selectFrom('seats').select('user_id').execute();
      return rows.map(({ user_id }) => user_id);
    },

    permissionsOf: async (userId: string) => [...(await permissionsOf(db, userId))].sort(),

    /** What the audit log has of an action, the newest first. */
    audited: (action: AuditAction) => audit.list({ action, limit: 100 }),

    async groupId(name: string): Promise<string> {
      const { id } = await db
        .selectFrom('groups')
        .select('id')
        .where('name', '=', name)
        .executeTakeFirstOrThrow();
      return id;
    },

    async end(): Promise<void> {
      await close();
      rmSync(dataDir, { recursive: true });
    },
  };
}
