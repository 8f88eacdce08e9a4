import { type Problem, problemSchema } from '../../contract/errors.ts';
import type { Session } from '../../contract/session.ts';
import { closedSessionPolicy } from '../../contract/session-policy.ts';
import type { SessionTable } from '../store/schema.ts';
import type { Database } from '../store/store.ts';
import { type ExpectedDurations, rememberedBoot, stepsOf } from './boot-progress.ts';
import { isOver } from './session-state.ts';

/** A session as the store has it. */
export type SessionRow = Omit<SessionTable, 'problem'> & { problem: Problem | null };

/** What of a session changes while it lives. */
export type SessionChange = Partial<
  Pick<
    SessionTable,
    | 'state'
    | 'revision'
    | 'machine_id'
    | 'accelerator'
    | 'console_log'
    | 'qemu_log'
    | 'terminal_id'
    | 'used_at'
  >
> & { problem?: Problem | null };

export type SessionRows = {
  /** With the name that its user has now. */
  insert(row: Omit<SessionTable, 'username'>): Promise<void>;
  update(id: string, change: SessionChange, now: number): Promise<void>;
  find(id: string): Promise<SessionRow | null>;
  /** Those that had not come to an end when last written. */
  unfinished(): Promise<SessionRow[]>;
};

export function createSessionRows({ db }: { db: Database }): SessionRows {
  const query = () => db.selectFrom('sessions').selectAll();

  return {
    insert: async (row) => {
      const { username } = await db
        .selectFrom('users')
        .select('username')
        .where('id', '=', row.user_id)
        .executeTakeFirstOrThrow();
      await db
        .insertInto('sessions')
        .values({ ...row, username })
        .execute();
    },
    update: async (id, { problem, ...change }, now) => {
      const over = change.state !== undefined && isOver(change.state);
      await db
        .updateTable('sessions')
        .set({
          ...change,
          ...(problem === undefined ? {} : { problem: problem && JSON.stringify(problem) }),
          ...(over ? { ended_at: now } : {}),
        })
        .where('id', '=', id)
        .execute();
    },
    find: async (id) => {
      const row = await query().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : withProblem(row);
    },
    unfinished: async () => {
      const rows = await query()
        .where('state', 'in', ['starting', 'running', 'suspended', 'ending'])
        .execute();
      return rows.map(withProblem);
    },
  };
}

function withProblem<R extends { problem: string | null }>(row: R) {
  const problem = row.problem === null ? null : problemSchema.parse(JSON.parse(row.problem));
  return { ...row, problem };
}

/** A session that has come to an end, as its user may still look it up. */
export function sessionFromRow(row: SessionRow, durations: ExpectedDurations): Session {
  return {
    id: row.id,
    desktop: { id: row.desktop_id, name: row.desktop_name, engine: row.engine },
    state: row.state,
    steps: stepsOf(rememberedBoot(durations, row.started_at), durations, row.started_at),
    revision: row.revision,
    startedAt: new Date(row.started_at).toISOString(),
    expiresAt: new Date(row.expires_at).toISOString(),
    accelerator: row.accelerator,
    problem: row.problem,
    policy: closedSessionPolicy,
  };
}
