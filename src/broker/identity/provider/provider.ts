import { Provider } from 'oidc-provider';
import type { Clock } from '../../../contract/clock.ts';
import type { AuditLog } from '../../audit/audit-log.ts';
import type { Refusal } from '../../audit/refusal-log.ts';
import type { Sessions } from '../../sessions/sessions.ts';
import type { EnrollmentTokens } from '../../terminals/enrollment-tokens.ts';
import type { Terminals } from '../../terminals/terminals.ts';
import type { Guesses } from '../guesses.ts';
import type { Seats } from '../seats.ts';
import { type ConfigurationDeps, providerConfiguration } from './configuration.ts';
import { createConsequences } from './consequences.ts';
import { registerDeviceCodeGrant } from './device-code-grant.ts';
import { registerEnrollmentTokenGrant } from './enrollment-token-grant.ts';
import { registerRecoverGrant } from './recover-grant.ts';
import { noteRefusals } from './refusals.ts';
import { registerUserGrants } from './user-grants.ts';

type Deps = ConfigurationDeps & {
  clock: Clock;
  audit: Pick<AuditLog, 'append'>;
  seats: Seats;
  sessions: Pick<Sessions, 'endOnTerminal'>;
  terminals: Pick<Terminals, 'revoke'>;
  enrollmentTokens: Pick<EnrollmentTokens, 'redeem'>;
  /** Wrong enrollment tokens. */
  guesses: Guesses;
  onRefused(refusal: Refusal): void;
  onFault(error: unknown): void;
};

/** The OAuth 2.0 and OpenID Connect provider whose issuer is this origin. */
export function createProvider(origin: string, deps: Deps): Provider {
  const provider = new Provider(origin, providerConfiguration(origin, deps));
  // What it is told of the peer comes from our own server, which has judged it (see server.ts).
  provider.proxy = true;
  provider.use(createConsequences(deps));
  registerDeviceCodeGrant(provider);
  registerEnrollmentTokenGrant(provider, deps);
  registerUserGrants(provider, deps);
  registerRecoverGrant(provider, deps);
  noteRefusals(provider, deps);
  return provider;
}
