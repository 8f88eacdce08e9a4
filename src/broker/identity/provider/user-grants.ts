import type Provider from 'oidc-provider';
import type { Clock } from '../../../contract/clock.ts';
import { CodedError } from '../../../contract/errors.ts';
import { grantTypes, scopes } from '../../../contract/identity.ts';
import type { Database } from '../../store/store.ts';
import { findAccessToken } from '../access-tokens.ts';
import type { Seats } from '../seats.ts';
import { byTerminal } from '../sign-in-method.ts';
import { accountOfTerminal } from './accounts.ts';
import {
  type GrantRequest,
  issueTokens,
  registerOwnGrant,
  requiredParameter,
} from './own-grant.ts';

type Deps = {
  db: Database;
  clock: Clock;
  seats: Pick<Seats, 'resumable' | 'resume' | 'take'>;
};

const tokenField = 'terminal_token';

/** Tokens of a user for a terminal that vouches for itself, where nobody has to sign in. */
export function registerUserGrants(provider: Provider, { db, clock, seats }: Deps): void {
  async function assertTerminal(request: GrantRequest): Promise<void> {
    const token = requiredParameter(request, tokenField);
    const { accountId, terminal } = await findAccessToken({ db, clock }, token, request.terminalId);
    if (accountId !== accountOfTerminal(terminal.id)) throw new CodedError('terminal-unknown');
  }

  registerOwnGrant(provider, grantTypes.resume, [tokenField], async (request) => {
    await assertTerminal(request);
    const { terminalId, address } = request;
    const { user, session, secondsLeft } = await seats.resumable(terminalId);
    const { grantId } = await issueTokens(provider, request, {
      accountId: user.id,
      scope: scopes.user,
      refreshSeconds: secondsLeft,
      parameters: { session_id: session.id },
    });
    await seats.resume({ terminalId, userId: user.id, grantId }, address);
  });

  registerOwnGrant(provider, grantTypes.terminalAccount, [tokenField], async (request) => {
    await assertTerminal(request);
    const { terminalId, address } = request;
    const userId = await accountAt(db, terminalId);
    if (userId === null) throw new CodedError('credentials-wrong', { detail: 'no account' });
    const { grantId } = await issueTokens(provider, request, {
      accountId: userId,
      scope: scopes.user,
    });
    await seats.take({ terminalId, userId, grantId }, byTerminal, address);
  });
}

async function accountAt(db: Database, terminalId: string): Promise<string | null> {
  const row = await db
    .selectFrom('terminals')
    .select('account_user_id')
    .where('id', '=', terminalId)
    .executeTakeFirst();
  return row?.account_user_id ?? null;
}
