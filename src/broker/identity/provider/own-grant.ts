import type Provider from 'oidc-provider';
import { errors, type TokenEndpointGrantContext } from 'oidc-provider';
import {
  buildTokenResponse,
  checkDpopReplay,
  findAccount,
  validateDpop,
} from 'oidc-provider/lib/helpers/grants.js';
import { CodedError } from '../../../contract/errors.ts';

/** A request for tokens by one of our own grant types, whose key is proven. */
export type GrantRequest = {
  ctx: TokenEndpointGrantContext;
  /** The terminal that asks. */
  terminalId: string;
  address: string;
};

export type TokensFor = {
  accountId: string;
  scope: string;
  /** Seconds until the refresh token ends; as configured when left out. */
  refreshSeconds?: number;
  /** What else the answer has (RFC 6749 section 5.1). */
  parameters?: Record<string, string>;
};

/** What a grant type of our own decides; the codes that it throws are told to the client. */
export type OwnGrant = (request: GrantRequest) => Promise<void>;

/**
 * Registers a grant type of our own (RFC 6749 section 4.5). Its proof is checked as that of any
 * other is, and a code of the catalogue becomes the `error_description` of an `invalid_grant`.
 */
export function registerOwnGrant(
  provider: Provider,
  name: string,
  parameters: readonly string[],
  grant: OwnGrant,
): void {
  provider.registerGrantType(
    name,
    async (ctx) => {
      const proof = await validateDpop(provider, ctx);
      if (proof === undefined) throw new errors.InvalidDpopProof('DPoP proof JWT not provided');
      await checkDpopReplay(provider, ctx, proof, ctx.oidc.client.clientId);
      try {
        await grant({ ctx, terminalId: proof.thumbprint, address: ctx.ip });
      } catch (error) {
        if (error instanceof CodedError) {
          throw new errors.CustomOIDCProviderError('invalid_grant', error.code);
        }
        throw error;
      }
    },
    parameters,
  );
}

/** Answers with tokens of a grant of their own, bound to the key of the terminal. */
export async function issueTokens(
  provider: Provider,
  { ctx, terminalId }: Pick<GrantRequest, 'ctx' | 'terminalId'>,
  { accountId, scope, refreshSeconds, parameters = {} }: TokensFor,
): Promise<{ grantId: string }> {
  const { client } = ctx.oidc;
  const account = await findAccount(provider, ctx, accountId);
  if (account === undefined) throw new CodedError('not-signed-in');
  const grant = new provider.Grant({ accountId, clientId: client.clientId });
  grant.addOIDCScope(scope);
  const grantId = await grant.save();
  const token = {
    client,
    accountId,
    grantId,
    scope,
    gty: ctx.oidc.params.grant_type,
    ...(refreshSeconds === undefined ? {} : { expiresIn: refreshSeconds }),
  };
  const access = new provider.AccessToken({ client, accountId, grantId, gty: token.gty });
  access.scope = scope;
  access.setThumbprint('jkt', terminalId);
  const refresh = new provider.RefreshToken({ ...token, jkt: terminalId, rotations: 0 });
  ctx.oidc.entity('Account', account);
  ctx.oidc.entity('Grant', grant);
  ctx.oidc.entity('AccessToken', access);
  ctx.body = buildTokenResponse(provider, {
    accessToken: await access.save(),
    refreshToken: await refresh.save(),
    expiresIn: access.expiration,
    scope,
    tokenType: access.tokenType,
    parameters,
  });
  return { grantId };
}

/** A parameter that the request has to have. */
export function requiredParameter({ ctx }: GrantRequest, name: string): string {
  const value = ctx.oidc.params[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new errors.InvalidRequest(`missing required parameter: ${name}`);
}
