import type { Clock } from '../contract/clock.ts';
import type { Permission } from '../contract/permissions.ts';
import type { Desktops } from './desktops.ts';
import type { Gateway, Watching } from './gateway/gateway.ts';
import type { LiveSession } from './sessions/live-session.ts';
import type { Sessions } from './sessions/sessions.ts';
import type { Database } from './store/store.ts';

/**
 * Ends what runs on terminals that were revoked, for users or on desktops that were removed, and
 * what was told to end through the store.
 */
export async function endRevoked(
  db: Database,
  sessions: Pick<Sessions, 'endOnTerminal' | 'end'>,
): Promise<void> {
  const revoked = await db
    .selectFrom('sessions')
    .innerJoin('terminals', 'terminals.id', 'sessions.terminal_id')
    .select('terminals.id')
    .distinct()
    .where('sessions.state', 'in', ['starting', 'running', 'suspended'])
    .where('revoked_at', 'is not', null)
    .execute();
  for (const { id } of revoked) await sessions.endOnTerminal(id, null);
  const unwanted = await db
    .selectFrom('sessions')
    .leftJoin('users', 'users.id', 'sessions.user_id')
    .leftJoin('pools', 'pools.id', 'sessions.desktop_id')
    .leftJoin('servers', 'servers.id', 'sessions.desktop_id')
    .leftJoin('masters', 'masters.id', 'sessions.desktop_id')
    .select(['sessions.id', 'user_id'])
    .where('sessions.state', 'in', ['starting', 'running', 'suspended'])
    .where((is) =>
      is.or([
        is('users.id', 'is', null),
        is.and([
          is('pools.id', 'is', null),
          is('servers.id', 'is', null),
          is('masters.id', 'is', null),
        ]),
        is('end_asked_at', 'is not', null),
      ]),
    )
    .execute();
  for (const { id, user_id } of unwanted) await sessions.end(user_id, id);
}

type Attendance = {
  db: Database;
  clock: Clock;
  desktops: Pick<Desktops, 'policyOf'>;
  sessions: { find(id: string): Pick<LiveSession, 'govern'> | null };
  permissionsOf(userId: string): Promise<ReadonlySet<Permission>>;
};

/**
 * Closes the streams of users who are not signed in there any more, have locked the terminal, or
 * are not entitled to what they see; the others go on under what is allowed now. When the terminal comes back for a ticket it is told why.
 */
export async function closeUnattended(
  deps: Attendance,
  gateway: Pick<Gateway, 'watching' | 'clear'>,
): Promise<void> {
  for (const watching of gateway.watching()) {
    if (!(await mayWatch(deps, watching))) gateway.clear(watching.terminalId);
  }
}

async function mayWatch(deps: Attendance, watching: Watching): Promise<boolean> {
  const { db, clock, permissionsOf } = deps;
  const { userId, terminalId } = watching;
  const seat = await db
    .selectFrom('seats')
    .innerJoin('terminals', 'terminals.id', 'seats.terminal_id')
    .innerJoin('users', 'users.id', 'seats.user_id')
    .select('grant_id')
    .where('terminal_id', '=', terminalId)
    .where('user_id', '=', userId)
    .where('locked_at', 'is', null)
    .where('revoked_at', 'is', null)
    .where('disabled_at', 'is', null)
    .where('seats.expires_at', '>', clock.now())
    .executeTakeFirst();
  if (seat === undefined || !(await isEntitled(deps, watching))) return false;
  return (await permissionsOf(userId)).has('desktops.use');
}

async function isEntitled(
  { desktops, sessions }: Attendance,
  { userId, desktopId, sessionId }: Watching,
): Promise<boolean> {
  const policy = await desktops.policyOf(userId, desktopId);
  if (policy !== null) sessions.find(sessionId)?.govern(policy);
  return policy !== null;
}
