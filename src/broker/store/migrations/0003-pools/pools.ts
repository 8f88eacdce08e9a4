import { type Kysely, sql } from 'kysely';
import { columnTypesOf, type StoreDialect } from '../column-types.ts';
import { makeGoldenImages } from './image-tables.ts';
import { renamePermissions } from './permission-names.ts';
import { makePools } from './pool-tables.ts';
import { makeServers } from './server-tables.ts';
import { changeSessions } from './session-columns.ts';

/** Pools in place of single desktops, what runs for them, virtual servers, and the host's figures. */
export async function makeVirtualization(
  db: Kysely<unknown>,
  dialect: StoreDialect,
): Promise<void> {
  const types = columnTypesOf(dialect);
  await makePools(db, types);
  await changeSessions(db);
  await makeServers(db, types);
  await makeGoldenImages(db, types);
  await renamePermissions(db);
  if (dialect === 'sqlite') await sql`pragma user_version = 3`.execute(db);
}
