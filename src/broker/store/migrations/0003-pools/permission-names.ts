import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { Tables } from '../../schema.ts';

const renamed: Readonly<Record<string, string>> = {
  'desktops.read': 'pools.read',
  'desktops.manage': 'pools.manage',
};

/** In the roles that administrators have made. */
export async function renamePermissions(db: Kysely<unknown>): Promise<void> {
  const tables = db.withTables<Pick<Tables, 'roles'>>();
  const roles = await tables.selectFrom('roles').select(['id', 'permissions']).execute();
  for (const { id, permissions } of roles) {
    const names = z.array(z.string()).parse(JSON.parse(permissions));
    const now = JSON.stringify(names.map((name) => renamed[name] ?? name));
    if (now === permissions) continue;
    await tables.updateTable('roles').set({ permissions: now }).where('id', '=', id).execute();
  }
}
