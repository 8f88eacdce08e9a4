import type { Clock } from '../contract/clock.ts';
import type { Disposable } from '../contract/disposable.ts';
import { every } from './every.ts';
import type { Database } from './store/store.ts';

/**
 * When each terminal was last here: used the broker, or had a stream open. Time in which no broker
 * ran does not count as absence, so that a restart of the broker costs no terminal its session.
 */
export type Presence = Disposable & {
  touch(terminalId: string): void;
  /** The terminal counts as here until the stream is disposed of. */
  streamOpened(terminalId: string): Disposable;
  seenWithin(terminalId: string, ms: number): Promise<boolean>;
  /** Writes down what is known now; otherwise done every few seconds. */
  save(): Promise<void>;
};

type Deps = { db: Database; clock: Clock; onFault: (error: unknown) => void };

const saveEveryMs = 10_000;

export async function createPresence({ db, clock, onFault }: Deps): Promise<Presence> {
  const startedAt = clock.now();
  const aliveAt = await lastHeartbeat(db);
  const seen = new Map<string, number>();
  const streams = new Map<string, number>();

  async function save(): Promise<void> {
    const now = clock.now();
    for (const terminalId of streams.keys()) seen.set(terminalId, now);
    const rows = [...seen];
    seen.clear();
    await db.transaction().execute(async (transaction) => {
      for (const [id, at] of rows) {
        await transaction
          .updateTable('terminals')
          .set({ seen_at: at })
          .where('id', '=', id)
          .execute();
      }
      await transaction
        .insertInto('heartbeat')
        .values({ id: 1, alive_at: now })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ alive_at: now }))
        .execute();
    });
  }

  async function seenAt(terminalId: string): Promise<number | null> {
    if (streams.has(terminalId)) return clock.now();
    const recent = seen.get(terminalId);
    if (recent !== undefined) return recent;
    const row = await db
      .selectFrom('terminals')
      .select('seen_at')
      .where('id', '=', terminalId)
      .executeTakeFirst();
    if (row === undefined) return null;
    if (row.seen_at >= startedAt || aliveAt === null) return row.seen_at;
    // Written by an earlier broker: shifted by the time since, in which no terminal could be seen.
    return row.seen_at + Math.max(0, startedAt - Math.max(aliveAt, row.seen_at));
  }

  const saving = every(clock, saveEveryMs, () => void save().catch(onFault));

  return {
    touch: (terminalId) => void seen.set(terminalId, clock.now()),
    streamOpened: (terminalId) => {
      streams.set(terminalId, (streams.get(terminalId) ?? 0) + 1);
      let open = true;
      return {
        dispose: () => {
          if (!open) return;
          open = false;
          const left = (streams.get(terminalId) ?? 1) - 1;
          if (left === 0) streams.delete(terminalId);
          else streams.set(terminalId, left);
          seen.set(terminalId, clock.now());
        },
      };
    },
    seenWithin: async (terminalId, ms) => {
      const at = await seenAt(terminalId);
      return at !== null && clock.now() - at <= ms;
    },
    save,
    dispose: () => saving.dispose(),
  };
}

async function lastHeartbeat(db: Database): Promise<number | null> {
  const row = await db.selectFrom('heartbeat').select('alive_at').executeTakeFirst();
  return row?.alive_at ?? null;
}
