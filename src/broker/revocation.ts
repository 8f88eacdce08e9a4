import type { Gateway } from './gateway/gateway.ts';
import type { Sessions } from './sessions/sessions.ts';
import type { Database } from './store/store.ts';

/** Ends what runs on terminals that were revoked, and for users who were removed. */
export async function endRevoked(
  db: Database,
  sessions: Pick<Sessions, 'endOnTerminal' | 'end'>,
): Promise<void> {
  const revoked = await db
    .selectFrom('sessions')
    .innerJoin('terminals', 'terminals.id', 'sessions.terminal_id')
    .select('terminals.id')
    .distinct()
    .where('state', 'in', ['starting', 'running'])
    .where('revoked_at', 'is not', null)
    .execute();
  for (const { id } of revoked) await sessions.endOnTerminal(id, null);
  const orphans = await db
    .selectFrom('sessions')
    .leftJoin('users', 'users.id', 'sessions.user_id')
    .select(['sessions.id', 'user_id'])
    .where('state', 'in', ['starting', 'running'])
    .where('users.id', 'is', null)
    .execute();
  for (const { id, user_id } of orphans) await sessions.end(user_id, id);
}

/** Closes the streams of users who are not signed in there any more, or have locked the terminal. */
export async function closeUnattended(
  db: Database,
  gateway: Pick<Gateway, 'seats' | 'clear'>,
): Promise<void> {
  const watching = gateway.seats();
  if (watching.length === 0) return;
  const attended = await db
    .selectFrom('seats')
    .innerJoin('terminals', 'terminals.id', 'seats.terminal_id')
    .innerJoin('users', 'users.id', 'seats.user_id')
    .select(['user_id', 'terminal_id'])
    .where('locked_at', 'is', null)
    .where('revoked_at', 'is', null)
    .where('disabled_at', 'is', null)
    .where(
      'terminal_id',
      'in',
      watching.map(({ terminalId }) => terminalId),
    )
    .execute();
  for (const { userId, terminalId } of watching) {
    const signedIn = attended.some(
      (row) => row.user_id === userId && row.terminal_id === terminalId,
    );
    if (!signedIn) gateway.clear(terminalId);
  }
}
