import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { CodedError } from '../../../contract/errors.ts';
import { doneBy } from '../../access/audit-entry.ts';
import { type Actor, nobodyAt } from '../../audit/actor.ts';
import type { AuditLog } from '../../audit/audit-log.ts';
import type { Sessions } from '../../sessions/sessions.ts';
import type { Database } from '../../store/store.ts';
import type { Terminals } from '../../terminals/terminals.ts';
import { partyOfAccount } from '../account-party.ts';
import type { Seats } from '../seats.ts';
import { methodOf, signInDetail } from '../sign-in-method.ts';
import { type AccountId, parseAccountId } from './accounts.ts';
import { pagesClientId } from './clients.ts';
import type { DeviceRequests } from './device-requests.ts';

type Deps = {
  db: Database;
  audit: Pick<AuditLog, 'append'>;
  deviceRequests: Pick<DeviceRequests, 'made'>;
  seats: Pick<Seats, 'identityProviderOf' | 'take' | 'leave'>;
  sessions: Pick<Sessions, 'endOnTerminal'>;
  terminals: Pick<Terminals, 'revoke'>;
};

type Token = { accountId: string; grantId?: string | undefined; jkt?: string | undefined };

type Middleware = Parameters<Provider['use']>[0];

/**
 * What the broker does once oidc-provider has dealt with a request, and before it is answered: a
 * user who was given tokens has the seat at the terminal, and one whose tokens are revoked leaves.
 */
export function createConsequences(deps: Deps): Middleware {
  const { db, audit, deviceRequests, seats, sessions, terminals } = deps;

  async function afterSignIn(ctx: KoaContextWithOIDC): Promise<void> {
    const { AccessToken: token, AuthorizationCode: code } = ctx.oidc.entities;
    if (token?.jkt === undefined || token.grantId === undefined) return;
    const { jkt: terminalId, grantId, accountId: userId } = token;
    await seats.take({ terminalId, userId, grantId }, methodOf(code?.amr), ctx.ip);
  }

  /** At the broker's own pages, where there is no seat to take. */
  async function afterPageSignIn({ oidc, ip: address }: KoaContextWithOIDC): Promise<void> {
    if (oidc.client?.clientId !== pagesClientId || oidc.result?.login === undefined) return;
    const account = oidc.account && parseAccountId(oidc.account.accountId);
    if (!account) return;
    const actor = await partyOfAccount(db, account);
    const how = methodOf(oidc.result.login.amr);
    const detail = signInDetail(how, await seats.identityProviderOf(account.id));
    const by: Actor = { actor, address, terminalId: null };
    await audit.append(doneBy(by, 'user.signed-in', actor, { ...detail, at: 'pages' }));
  }

  async function revoked(account: AccountId, { grantId }: Token, address: string): Promise<void> {
    if (account.kind === 'user') return seats.leave(grantId ?? '', address);
    const { id } = account;
    const actor = await partyOfAccount(db, account);
    const by: Actor = { actor, address, terminalId: id };
    await terminals.revoke(id, by).catch(ignoreUnknown);
    await sessions.endOnTerminal(id, null, by);
  }

  async function afterReuse(token: Token, address: string): Promise<void> {
    const account = parseAccountId(token.accountId);
    await audit.append({
      ...nobodyAt(address, token.jkt),
      action: 'token.reused',
      target: account && (await partyOfAccount(db, account)),
      outcome: 'refused',
      code: account?.kind === 'terminal' ? 'terminal-unknown' : 'not-signed-in',
      detail: {},
    });
    if (account !== null) await revoked(account, token, address);
  }

  return async (ctx, next) => {
    await next();
    // oidc-provider gives each of its own routes this; others are not ours to look at.
    const { oidc } = ctx as unknown as Partial<KoaContextWithOIDC>;
    if (oidc === undefined) return;
    const context = ctx as unknown as KoaContextWithOIDC;
    const { RefreshToken: refresh } = oidc.entities;
    const done = ctx.status === 200;
    if (oidc.route === 'device_authorization' && done) await deviceRequests.made(context);
    if (oidc.route === 'resume') await afterPageSignIn(context);
    // Only who has the refresh token may end the grant; an access token ends with itself.
    if (oidc.route === 'revocation' && done && refresh !== undefined) {
      const account = parseAccountId(refresh.accountId);
      if (account !== null) await revoked(account, refresh, ctx.ip);
    }
    if (oidc.route !== 'token') return;
    if (done && oidc.entities.AuthorizationCode !== undefined) await afterSignIn(context);
    if (!done && refresh?.consumed) await afterReuse(refresh, ctx.ip);
  };
}

/** A terminal that never was registered has nothing to be revoked. */
function ignoreUnknown(error: unknown): void {
  if (!(error instanceof CodedError && error.code === 'not-found')) throw error;
}
