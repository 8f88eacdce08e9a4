import { randomUUID } from 'node:crypto';
import { fingerprintOf } from '../../contract/identity.ts';
import { assertKnown } from '../access/known-ids.ts';
import { signOutEverywhere } from '../access/signed-out.ts';
import { builtInRoleIds } from '../store/built-in.ts';
import type { TerminalTable } from '../store/schema.ts';
import type { Database } from '../store/store.ts';

type Terminal = Pick<TerminalTable, 'id' | 'name' | 'account_user_id'>;

/**
 * Gives a terminal an account of its own, that opens one desktop and may do nothing else: a user
 * without a password in a group of its own, and not in `everyone`.
 * @throws invalid-request when there is no such desktop
 */
export async function giveAccount(
  transaction: Database,
  terminal: Terminal,
  { desktopId, now }: { desktopId: string; now: number },
): Promise<void> {
  await assertKnown(transaction, 'pools', [desktopId]);
  await takeAccount(transaction, terminal);
  const userId = randomUUID();
  const groupId = randomUUID();
  const name = accountName(terminal.id);
  await transaction
    .insertInto('users')
    .values({
      id: userId,
      username: name,
      display_name: terminal.name,
      kind: 'terminal',
      password_hash: null,
      identity_provider: null,
      subject: null,
      totp_secret: null,
      totp_step: null,
      totp_required: 0,
      disabled_at: null,
      created_at: now,
    })
    .execute();
  await transaction.insertInto('groups').values({ id: groupId, name, built_in: 0 }).execute();
  await transaction
    .insertInto('group_members')
    .values({ group_id: groupId, user_id: userId, source: '', claim: '' })
    .execute();
  await transaction
    .insertInto('group_roles')
    .values({ group_id: groupId, role_id: builtInRoleIds.user })
    .execute();
  await transaction
    .insertInto('entitlements')
    .values({ group_id: groupId, pool_id: desktopId })
    .execute();
  await transaction
    .updateTable('terminals')
    .set({ account_user_id: userId, account_desktop_id: desktopId })
    .where('id', '=', terminal.id)
    .execute();
}

/** Takes it again, with everything that it is signed in by. Nothing where there is none. */
export async function takeAccount(transaction: Database, terminal: Terminal): Promise<void> {
  const { account_user_id: userId } = terminal;
  if (userId === null) return;
  await transaction
    .updateTable('terminals')
    .set({ account_user_id: null, account_desktop_id: null })
    .where('id', '=', terminal.id)
    .execute();
  await signOutEverywhere(transaction, userId);
  // By membership: people may have given the group another name.
  await transaction
    .deleteFrom('groups')
    .where('built_in', '=', 0)
    .where('id', 'in', (query) =>
      query.selectFrom('group_members').select('group_id').where('user_id', '=', userId),
    )
    .execute();
  await transaction.deleteFrom('users').where('id', '=', userId).execute();
}

/** Of both the user and the group; terminals may share the names that people give them. */
function accountName(terminalId: string): string {
  return `terminal ${fingerprintOf(terminalId)}`;
}
