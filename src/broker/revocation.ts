import type { Sessions } from './sessions/sessions.ts';
import type { Database } from './store/store.ts';

/** Ends what runs on terminals that were revoked, also by another process. */
export async function endRevoked(
  db: Database,
  sessions: Pick<Sessions, 'endOnTerminal'>,
): Promise<void> {
  const rows = await db
    .selectFrom('sessions')
    .innerJoin('terminals', 'terminals.id', 'sessions.terminal_id')
    .select('terminals.id')
    .distinct()
    .where('state', 'in', ['starting', 'running'])
    .where('revoked_at', 'is not', null)
    .execute();
  for (const { id } of rows) await sessions.endOnTerminal(id, null);
}
