import type Provider from 'oidc-provider';
import type { Clock } from '../../../contract/clock.ts';
import { CodedError } from '../../../contract/errors.ts';
import { grantTypes, scopes } from '../../../contract/identity.ts';
import { doneBy } from '../../access/audit-entry.ts';
import type { AuditLog } from '../../audit/audit-log.ts';
import type { Database } from '../../store/store.ts';
import { readStoreRow } from '../../store/store-row.ts';
import { accountOfTerminal } from './accounts.ts';
import { revokeGrant } from './artifacts.ts';
import { issueTokens, registerOwnGrant } from './own-grant.ts';

type Deps = { db: Database; clock: Clock; audit: Pick<AuditLog, 'append'> };

const dayMs = 24 * 60 * 60 * 1000;

/** Terminals that were off for longer after a restore are enrolled again. */
const recoverableMs = 30 * dayMs;

/**
 * New tokens for a terminal whose own are younger than the backup that was restored: the proof of
 * its key is all that it has. That it goes on with them shows by the first that it uses; until then
 * the answer may have been lost, and it may ask again.
 */
export function registerRecoverGrant(provider: Provider, { db, clock, audit }: Deps): void {
  registerOwnGrant(provider, grantTypes.recover, [], async (request) => {
    const { terminalId: id, address } = request;
    const name = await db.transaction().execute(async (transaction) => {
      const terminal = await findRecoverable(transaction, id, clock.now());
      if (terminal === null) throw new CodedError('terminal-unknown');
      for (const grantId of await grantsOf(transaction, id)) {
        await revokeGrant(transaction, grantId);
      }
      return terminal.name;
    });
    await issueTokens(provider, request, {
      accountId: accountOfTerminal(id),
      scope: scopes.terminal,
    });
    const actor = { kind: 'terminal' as const, id, name };
    await audit.append(doneBy({ actor, address, terminalId: id }, 'terminal.recovered', actor));
  });
}

async function findRecoverable(
  db: Database,
  id: string,
  now: number,
): Promise<{ name: string } | null> {
  const { restored_at: restoredAt } = await readStoreRow(db);
  if (restoredAt === null || now - restoredAt > recoverableMs) return null;
  const terminal = await db
    .selectFrom('terminals')
    .select('name')
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .where('enrolled_at', '<', restoredAt)
    .executeTakeFirst();
  if (terminal === undefined) return null;
  const used = await db
    .selectFrom('oidc_artifacts')
    .select('id')
    .where('account_id', '=', accountOfTerminal(id))
    .where('model', '=', 'RefreshToken')
    .where('created_at', '>=', restoredAt)
    .where('consumed_at', 'is not', null)
    .executeTakeFirst();
  return used === undefined ? terminal : null;
}

async function grantsOf(db: Database, terminalId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('oidc_artifacts')
    .select('id')
    .where('account_id', '=', accountOfTerminal(terminalId))
    .where('model', '=', 'Grant')
    .execute();
  return rows.map(({ id }) => id);
}
