import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Clock, systemClock } from '../contract/clock.ts';
import { engineSchema, imageNameSchema } from '../contract/desktop.ts';
import { CodedError } from '../contract/errors.ts';
import { issueEnrollmentCode, revokeTerminal } from './identity/enrollments.ts';
import { createPasswords } from './identity/password.ts';
import { normalizeUsername } from './identity/sign-in.ts';
import { isDuplicate } from './store/duplicate.ts';
import { type Database, openStore } from './store/store.ts';

const usernameSchema = z.string().transform(normalizeUsername).pipe(z.string().min(1).max(64));
const passwordSchema = z.string().min(8, { error: 'use 8 characters or more' }).max(256);

const userSchema = z.strictObject({
  username: usernameSchema,
  displayName: z.string().trim().min(1).max(80),
  password: passwordSchema,
});

const desktopSchema = z.strictObject({
  name: z.string().trim().min(1).max(80),
  description: z.string().trim().max(200).default(''),
  image: imageNameSchema,
  engine: engineSchema,
  memoryMb: z
    .number()
    .int()
    .min(64)
    .max(1024 * 1024),
  cpus: z.number().int().min(1).max(256),
  /** Names of the users entitled to it. */
  users: z.array(usernameSchema).default([]),
});

const lifetimeSchema = z
  .number()
  .int()
  .positive()
  .max(7 * 24 * 60 * 60);
const standardLifetimeSeconds = 15 * 60;

export type Admin = ReturnType<typeof openAdmin>;

/**
 * What the command line does to a broker, through its store: works while the broker runs, which
 * sees each change at its next look. @throws store-damaged; config-invalid for what makes no sense.
 */
export function openAdmin({ dataDir, clock = systemClock }: { dataDir: string; clock?: Clock }) {
  const store = openStore(dataDir);
  return { ...adminOf(store.db, clock), close: () => store.close() };
}

function adminOf(db: Database, clock: Clock) {
  const passwords = createPasswords();
  return {
    addUser: async (input: z.input<typeof userSchema>): Promise<{ id: string }> => {
      const { username, displayName, password } = check(userSchema, input);
      const id = randomUUID();
      const row = { id, username, display_name: displayName, created_at: clock.now() };
      const password_hash = await passwords.hash(password);
      await unique(`user ${username}`, () =>
        db
          .insertInto('users')
          .values({ ...row, password_hash })
          .execute(),
      );
      return { id };
    },

    /**
     * Signs the user out everywhere: whoever knew the old password may be signed in with it. Their
     * sessions run on, but are neither shown nor resumed until the new password is given.
     */
    setPassword: async (input: { username: string; password: string }): Promise<void> => {
      const id = await userId(db, input.username);
      const password_hash = await passwords.hash(check(passwordSchema, input.password));
      await db.transaction().execute(async (transaction) => {
        await transaction
          .updateTable('users')
          .set({ password_hash })
          .where('id', '=', id)
          .execute();
        await transaction.deleteFrom('access_tokens').where('user_id', '=', id).execute();
      });
    },

    listUsers: () =>
      db
        .selectFrom('users')
        .select(['id', 'username', 'display_name as displayName'])
        .orderBy('username')
        .execute(),

    addDesktop: async (input: z.input<typeof desktopSchema>): Promise<{ id: string }> => {
      const { users, memoryMb, ...desktop } = check(desktopSchema, input);
      const id = randomUUID();
      await db.transaction().execute(async (transaction) => {
        await transaction
          .insertInto('desktops')
          .values({ id, memory_mb: memoryMb, ...desktop })
          .execute();
        for (const username of users) {
          const user_id = await userId(transaction, username);
          await transaction
            .insertInto('entitlements')
            .values({ user_id, desktop_id: id })
            .execute();
        }
      });
      return { id };
    },

    listDesktops: () =>
      db
        .selectFrom('desktops')
        .select(['id', 'name', 'description', 'image', 'engine', 'memory_mb as memoryMb', 'cpus'])
        .orderBy('name')
        .execute(),

    entitle: async (input: { username: string; desktopId: string }): Promise<void> => {
      const user_id = await userId(db, input.username);
      const desktop = await db
        .selectFrom('desktops')
        .select('id')
        .where('id', '=', input.desktopId)
        .executeTakeFirst();
      if (desktop === undefined) throw invalid(`there is no desktop ${input.desktopId}`);
      await db
        .insertInto('entitlements')
        .values({ user_id, desktop_id: input.desktopId })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },

    /** A code, as XXXX-XXXX, that enrolls one terminal; lasts 15 minutes unless told otherwise. */
    issueEnrollmentCode: async (input: { expiresInSeconds?: number } = {}) =>
      issueEnrollmentCode(db, {
        expiresInSeconds: check(lifetimeSchema, input.expiresInSeconds ?? standardLifetimeSeconds),
        now: clock.now(),
      }),

    listTerminals: async () => {
      const rows = await db.selectFrom('terminals').selectAll().orderBy('enrolled_at').execute();
      return rows.map((row) => ({
        id: row.id,
        name: row.name,
        enrolledAt: isoOf(row.enrolled_at),
        seenAt: isoOf(row.seen_at),
        revoked: row.revoked_at !== null,
      }));
    },

    revokeTerminal: async (id: string): Promise<void> => {
      const row = await db
        .selectFrom('terminals')
        .select('id')
        .where('id', '=', id)
        .executeTakeFirst();
      if (row === undefined) throw invalid(`there is no terminal ${id}`);
      await revokeTerminal(db, id, clock.now());
    },

    /** The newest first. */
    listSessions: async () => {
      const rows = await db
        .selectFrom('sessions')
        .innerJoin('users', 'users.id', 'sessions.user_id')
        .innerJoin('desktops', 'desktops.id', 'sessions.desktop_id')
        .select(['sessions.id', 'username', 'desktops.name', 'state', 'started_at', 'ended_at'])
        .orderBy('started_at', 'desc')
        .execute();
      return rows.map((row) => ({
        id: row.id,
        username: row.username,
        desktop: row.name,
        state: row.state,
        startedAt: isoOf(row.started_at),
        endedAt: row.ended_at === null ? null : isoOf(row.ended_at),
      }));
    },

    /** Where the guest's console and QEMU's messages were written; old files are cleared away. */
    logsOf: async (sessionId: string): Promise<{ console: string; qemu: string }> => {
      const row = await db
        .selectFrom('sessions')
        .select(['console_log', 'qemu_log'])
        .where('id', '=', sessionId)
        .executeTakeFirst();
      if (!row?.console_log || !row.qemu_log) throw invalid(`there is no session ${sessionId}`);
      return { console: row.console_log, qemu: row.qemu_log };
    },
  };
}

async function userId(db: Database, typedName: string): Promise<string> {
  const username = normalizeUsername(typedName);
  const row = await db
    .selectFrom('users')
    .select('id')
    .where('username', '=', username)
    .executeTakeFirst();
  if (row === undefined) throw invalid(`there is no user ${username}`);
  return row.id;
}

async function unique<T>(what: string, insert: () => Promise<T>): Promise<T> {
  try {
    return await insert();
  } catch (error) {
    if (isDuplicate(error)) throw invalid(`${what} exists already`);
    throw error;
  }
}

function check<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid([issue?.path.join('.'), issue?.message].filter(Boolean).join(': '));
}

function invalid(detail: string): CodedError {
  return new CodedError('config-invalid', { detail });
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
