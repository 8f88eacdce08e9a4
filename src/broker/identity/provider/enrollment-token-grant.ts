import type Provider from 'oidc-provider';
import { errors } from 'oidc-provider';
import { deviceRequestSchema, grantTypes, scopes } from '../../../contract/identity.ts';
import type { EnrollmentTokens } from '../../terminals/enrollment-tokens.ts';
import type { Guesses } from '../guesses.ts';
import { accountOfTerminal } from './accounts.ts';
import { deviceFields } from './device-requests.ts';
import {
  type GrantRequest,
  issueTokens,
  registerOwnGrant,
  requiredParameter,
} from './own-grant.ts';

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
    const device = deviceOf(request);
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

function deviceOf({ ctx }: GrantRequest) {
  const fields = Object.fromEntries(deviceFields.map((name) => [name, ctx.oidc.params[name]]));
  const parsed = deviceRequestSchema.safeParse(fields);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new errors.InvalidRequest(`${issue?.path.join('.')}: ${issue?.message}`);
}
