import type Provider from 'oidc-provider';
import { grantTypes, scopes } from '../../../contract/identity.ts';
import type { EnrollmentTokens } from '../../terminals/enrollment-tokens.ts';
import type { Guesses } from '../guesses.ts';
import { accountOfTerminal } from './accounts.ts';
import { deviceFields, deviceIn } from './device-requests.ts';
import { issueTokens, registerOwnGrant, requiredParameter } from './own-grant.ts';

type Deps = {
  enrollmentTokens: Pick<EnrollmentTokens, 'redeem'>;
  guesses: Guesses;
};

const tokenField = 'enrollment_token';

/** Zero-touch: enrolls a terminal that was set up with a token, without asking anybody. */
export function registerEnrollmentTokenGrant(provider: Provider, deps: Deps): void {
  const { enrollmentTokens, guesses } = deps;
  const parameters = [tokenField, ...deviceFields, 'scope'];
  registerOwnGrant(provider, grantTypes.enrollmentToken, parameters, async (request) => {
    const { terminalId: id, address } = request;
    const device = deviceIn(request.ctx.oidc.params);
    const token = requiredParameter(request, tokenField);
    const facts = {
      id,
      name: device.device_name,
      model: device.device_model,
      version: device.device_version,
      vault: device.device_vault,
      address,
    };
    const actor = { kind: 'terminal' as const, id, name: facts.name };
    const guess = guesses.begin(id, address);
    await enrollmentTokens.redeem(token, facts, { actor, address, terminalId: id });
    guess.right();
    await issueTokens(provider, request, {
      accountId: accountOfTerminal(id),
      scope: scopes.terminal,
    });
  });
}
