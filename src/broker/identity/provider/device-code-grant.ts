import type Provider from 'oidc-provider';
import { errors } from 'oidc-provider';
import { consumeGrantSource } from 'oidc-provider/lib/helpers/grants.js';
import { grantTypes, scopes } from '../../../contract/identity.ts';
import { issueTokens, registerOwnGrant, requiredParameter } from './own-grant.ts';

const codeField = 'device_code';

/**
 * The device code grant (RFC 8628 section 3.4) in place of that of oidc-provider, which does not
 * bind codes to keys: whoever saw a code could use it up.
 */
export function registerDeviceCodeGrant(provider: Provider): void {
  registerOwnGrant(provider, grantTypes.deviceCode, [codeField], async (request) => {
    const { ctx, terminalId } = request;
    const value = requiredParameter(request, codeField);
    const code = await provider.DeviceCode.find(value, { ignoreExpiration: true });
    // No code at all is answered as one of another key is.
    if (code?.deviceInfo?.jkt !== terminalId)
      throw new errors.InvalidGrant('device code not found');
    if (code.isExpired) throw new errors.ExpiredToken('device code is expired');
    if (code.error !== undefined) throw new errors.AccessDenied();
    if (code.accountId === undefined) throw new errors.AuthorizationPending();
    await consumeGrantSource(provider, ctx, code, 'device code');
    await issueTokens(provider, request, { accountId: code.accountId, scope: scopes.terminal });
  });
}
