import { type Kysely, sql } from 'kysely';
import { columnTypesOf, type StoreDialect } from '../column-types.ts';
import { makeAccess } from './access-tables.ts';
import { makeAudit } from './audit-tables.ts';
import { addBuiltIn } from './built-in-rows.ts';
import { carryOver, setAside } from './carried-over.ts';
import { makeOidcArtifacts } from './oidc-table.ts';
import { makeSessions } from './session-tables.ts';
import { makeStore } from './store-table.ts';
import { makeTerminals } from './terminal-tables.ts';

/** Groups, roles, terminals by their keys, OAuth, and the audit log. */
export async function makeIdentity(db: Kysely<unknown>, dialect: StoreDialect): Promise<void> {
  const types = columnTypesOf(dialect);
  await setAside(db);
  await makeStore(db, types);
  await makeAccess(db, types);
  await makeTerminals(db, types);
  await makeOidcArtifacts(db, types);
  await makeSessions(db, dialect, types);
  await makeAudit(db, dialect, types);
  await addBuiltIn(db);
  await carryOver(db);
  // Brokers from before Kysely's table of migrations go by this, and refuse what they do not know.
  if (dialect === 'sqlite') await sql`pragma user_version = 2`.execute(db);
}
