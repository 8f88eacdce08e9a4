import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { CodedError } from '../../../contract/errors.ts';
import { doneBy } from '../../access/audit-entry.ts';
import type { Actor } from '../../audit/actor.ts';
import type { AuditLog } from '../../audit/audit-log.ts';
import type { Sessions } from '../../sessions/sessions.ts';
import type { Terminals } from '../../terminals/terminals.ts';
import type { Seats } from '../seats.ts';
import { parseAccountId } from './accounts.ts';
import type { DeviceRequests } from './device-requests.ts';

type Deps = {
  audit: Pick<AuditLog, 'append'>;
  deviceRequests: Pick<DeviceRequests, 'infoOf'>;
  seats: Pick<Seats, 'take' | 'leave'>;
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
  const { audit, deviceRequests, seats, sessions, terminals } = deps;

  async function afterDeviceRequest(ctx: KoaContextWithOIDC): Promise<void> {
    const { jkt: id, device_name: name, address } = deviceRequests.infoOf(ctx);
    const actor = { kind: 'terminal' as const, id, name };
    await audit.append(doneBy({ actor, address, terminalId: id }, 'terminal.requested', actor));
  }

  async function afterSignIn(ctx: KoaContextWithOIDC): Promise<void> {
    const { AccessToken: token } = ctx.oidc.entities;
    if (token?.jkt === undefined || token.grantId === undefined) return;
    const { jkt: terminalId, grantId, accountId: userId } = token;
    await seats.take({ terminalId, userId, grantId }, ctx.ip);
  }

  async function revoked(token: Token, address: string): Promise<void> {
    const account = parseAccountId(token.accountId);
    if (account?.kind === 'user') await seats.leave(token.grantId ?? '', address);
    if (account?.kind !== 'terminal') return;
    const { id } = account;
    const by: Actor = { actor: { kind: 'terminal', id, name: '' }, address, terminalId: id };
    await terminals.revoke(id, by).catch(ignoreUnknown);
    await sessions.endOnTerminal(id, null);
  }

  async function afterReuse(token: Token, address: string): Promise<void> {
    const terminalId = token.jkt ?? null;
    const by: Actor = { actor: { kind: 'nobody', id: '', name: '' }, address, terminalId };
    const account = parseAccountId(token.accountId);
    const target = account && { ...account, name: '' };
    await audit.append({
      ...by,
      action: 'token.reused',
      target,
      outcome: 'refused',
      code: account?.kind === 'terminal' ? 'terminal-unknown' : 'not-signed-in',
      detail: {},
    });
    await revoked(token, address);
  }

  return async (ctx, next) => {
    await next();
    // oidc-provider gives each of its own routes this; others are not ours to look at.
    const { oidc } = ctx as unknown as Partial<KoaContextWithOIDC>;
    if (oidc === undefined) return;
    const context = ctx as unknown as KoaContextWithOIDC;
    const { RefreshToken: refresh, AccessToken: access } = oidc.entities;
    const done = ctx.status === 200;
    if (oidc.route === 'device_authorization' && done) await afterDeviceRequest(context);
    if (oidc.route === 'revocation' && done) {
      const token = refresh ?? access;
      if (token !== undefined) await revoked(token, ctx.ip);
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
