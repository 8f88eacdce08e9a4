import { accountOfTerminal } from '../identity/provider/accounts.ts';
import { revokeGrant } from '../identity/provider/artifacts.ts';
import type { Database } from '../store/store.ts';

/**
 * Takes from a user everything that they are signed in by: at terminals, and on the broker's pages.
 * A running broker closes their streams at its next look.
 */
export async function signOutEverywhere(transaction: Database, userId: string): Promise<void> {
  await transaction.deleteFrom('seats').where('user_id', '=', userId).execute();
  await forgetAccount(transaction, userId);
}

/** Takes from a terminal its own tokens, and those of who sits at it. */
export async function signOutTerminal(transaction: Database, terminalId: string): Promise<void> {
  const seats = await transaction
    .deleteFrom('seats')
    .where('terminal_id', '=', terminalId)
    .returning('grant_id')
    .execute();
  for (const { grant_id } of seats) await revokeGrant(transaction, grant_id);
  await forgetAccount(transaction, accountOfTerminal(terminalId));
}

/** Codes, tokens, grants, page sessions and sign-ins under way. */
async function forgetAccount(transaction: Database, accountId: string): Promise<void> {
  await transaction.deleteFrom('oidc_artifacts').where('account_id', '=', accountId).execute();
}
