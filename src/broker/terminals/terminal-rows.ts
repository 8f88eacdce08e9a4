import type { EnrolledTerminal } from '../../contract/admin.ts';
import type { Database } from '../store/store.ts';

/** Terminals as those who look after them see them, the newest first; or the one with the id. */
export async function readTerminals(db: Database, id?: string): Promise<EnrolledTerminal[]> {
  const rows = await db
    .selectFrom('terminals')
    .leftJoin('terminal_groups', 'terminal_groups.id', 'terminals.group_id')
    .leftJoin('pools', 'pools.id', 'terminals.account_desktop_id')
    .leftJoin('seats', 'seats.terminal_id', 'terminals.id')
    .leftJoin('users', 'users.id', 'seats.user_id')
    .selectAll('terminals')
    .select(['terminal_groups.name as group_name', 'pools.name as desktop_name'])
    .select('users.username')
    .$if(id !== undefined, (query) => query.where('terminals.id', '=', id ?? ''))
    .orderBy('enrolled_at', 'desc')
    .orderBy('terminals.id')
    .execute();
  return rows.map((row) => {
    const desktop = named(row.account_desktop_id, row.desktop_name);
    return {
      id: row.id,
      name: row.name,
      model: row.model,
      version: row.version,
      vault: row.vault,
      address: row.address,
      group: named(row.group_id, row.group_name),
      account: desktop === null ? null : { desktop },
      enrolledAt: new Date(row.enrolled_at).toISOString(),
      enrolledBy: row.enrolled_by,
      seenAt: new Date(row.seen_at).toISOString(),
      user: row.username,
      revoked: row.revoked_at !== null,
    };
  });
}

function named(id: string | null, name: string | null) {
  return id === null || name === null ? null : { id, name };
}
