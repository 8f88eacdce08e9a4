import type { EventEmitter } from 'node:events';
import type { errors, KoaContextWithOIDC, Provider } from 'oidc-provider';
import { type ErrorCode, errorCodes } from '../../../contract/errors.ts';
import type { Refusal } from '../../audit/refusal-log.ts';

type Deps = { onRefused(refusal: Refusal): void; onFault(error: unknown): void };

/** What is part of getting on: a proof is to be made again, or somebody has yet to decide. */
const routine: ReadonlySet<string> = new Set([
  'authorization_pending',
  'slow_down',
  'use_dpop_nonce',
  'interaction_required',
  'login_required',
]);

/** Notes what oidc-provider refuses, in the codes of the catalogue. */
export function noteRefusals(provider: Provider, { onRefused, onFault }: Deps): void {
  const onError = (ctx: KoaContextWithOIDC, error: errors.OIDCProviderError) => {
    if (routine.has(error.error)) return;
    onRefused(refusedAt(`oauth.${ctx.oidc.route}`, ctx.ip, codeOf(error)));
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

/** A request of which it was not proven who sent it. */
export function refusedAt(route: string, address: string, code: ErrorCode): Refusal {
  return { code, route, address, terminalId: null };
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
