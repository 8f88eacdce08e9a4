import type { Gateway } from './gateway/gateway.ts';
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

/** Closes the streams of users who are not signed in there any more, or have locked the terminal. */
export async function closeUnattended(
  db: Database,
  gateway: Pick<Gateway, 'seats' | 'clear'>,
): Promise<void> {
  const seats = gateway.seats();
  if (seats.length === 0) return;
  const attended = await db
    .selectFrom('access_tokens')
    .innerJoin('terminals', 'terminals.id', 'access_tokens.terminal_id')
    .select(['user_id', 'terminal_id'])
    .where('locked_at', 'is', null)
    .where(
      'terminal_id',
      'in',
      seats.map(({ terminalId }) => terminalId),
    )
    .execute();
  for (const { userId, terminalId } of seats) {
    const signedIn = attended.some(
      (row) => row.user_id === userId && row.terminal_id === terminalId,
    );
    if (!signedIn) gateway.clear(terminalId);
  }
}
