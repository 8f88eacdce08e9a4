import type { EventEmitter } from 'node:events';
import type {
  errors,
  KoaContextWithOIDC,
  Provider,
  TokenEndpointGrantContext,
} from 'oidc-provider';
import { validateDpop } from 'oidc-provider/lib/helpers/grants.js';
import type { AuditParty } from '../../../contract/audit.ts';
import { type ErrorCode, errorCodes } from '../../../contract/errors.ts';
import { type Actor, nobodyAt } from '../../audit/actor.ts';
import type { Refusal } from '../../audit/refusal-log.ts';
import type { Database } from '../../store/store.ts';
import { partyOfAccount } from '../account-party.ts';
import { isRegistered, parseAccountId } from './accounts.ts';

type Deps = { db: Database; onRefused(refusal: Refusal): void; onFault(error: unknown): void };

/** What is part of getting on: a proof is to be made again, or somebody has yet to decide. */
const routine: ReadonlySet<string> = new Set([
  'authorization_pending',
  'slow_down',
  'use_dpop_nonce',
  'interaction_required',
  'login_required',
]);

/** Notes what oidc-provider refuses, in the codes of the catalogue. */
export function noteRefusals(provider: Provider, { db, onRefused, onFault }: Deps): void {
  async function note(ctx: KoaContextWithOIDC, error: errors.OIDCProviderError): Promise<void> {
    const route = `oauth.${ctx.oidc.route}`;
    const by = await senderOf(provider, db, ctx);
    onRefused({ code: codeOf(error), route, by, target: await ownerOf(db, ctx) });
  }
  const onError = (ctx: KoaContextWithOIDC, error: errors.OIDCProviderError) => {
    if (!routine.has(error.error)) void note(ctx, error).catch(onFault);
  };
  provider.on('authorization.error', onError);
  provider.on('device_authorization.error', onError);
  provider.on('grant.error', onError);
  provider.on('revocation.error', onError);
  provider.on('server_error', (_ctx, error) => onFault(error));
  // Without a listener, Koa would write what goes wrong with a connection to stderr.
  const emitter: EventEmitter = provider;
  emitter.on('error', onFault);
}

/** The terminal whose key has signed the request; it is named once it is one of the broker's. */
async function senderOf(provider: Provider, db: Database, ctx: KoaContextWithOIDC): Promise<Actor> {
  const { ip: address } = ctx;
  if (ctx.oidc.route !== 'token') return nobodyAt(address);
  // A proof that is wrong proves nothing, which may be why the request was refused.
  // The grants see the same context, with a client that is there: of which no use is made here.
  const request = ctx as unknown as TokenEndpointGrantContext;
  const proof = await validateDpop(provider, request).catch(() => undefined);
  if (proof === undefined) return nobodyAt(address);
  const terminalId = proof.thumbprint;
  if (!(await isRegistered(db, terminalId))) return nobodyAt(address, terminalId);
  const actor = await partyOfAccount(db, { kind: 'terminal', id: terminalId });
  return { actor, address, terminalId };
}

/** Whose code or token was sent, which need not be who sent it. */
async function ownerOf(db: Database, ctx: KoaContextWithOIDC): Promise<AuditParty | undefined> {
  const { RefreshToken, AuthorizationCode, Account } = ctx.oidc.entities;
  const { accountId } = RefreshToken ?? AuthorizationCode ?? Account ?? {};
  const account = accountId === undefined ? null : parseAccountId(accountId);
  return account === null ? undefined : partyOfAccount(db, account);
}

/** A request of which it was not proven who sent it. */
export function refusedAt(route: string, address: string, code: ErrorCode): Refusal {
  return { code, route, by: nobodyAt(address) };
}

/** Ours is in the description where we refused; the rest is what OAuth has words for. */
function codeOf({ error, error_description }: errors.OIDCProviderError): ErrorCode {
  const own = errorCodes.find((code) => code === error_description);
  if (own !== undefined) return own;
  if (error === 'invalid_dpop_proof') return 'proof-invalid';
  if (error === 'expired_token') return 'enrollment-expired';
  if (error === 'access_denied') return 'sign-in-refused';
  return error === 'invalid_grant' ? 'not-signed-in' : 'invalid-request';
}
