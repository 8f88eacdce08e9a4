import { randomBytes } from 'node:crypto';
import type { Clock } from '../../contract/clock.ts';
import type { Permission } from '../../contract/permissions.ts';
import type { Administration } from '../administration.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Refusal } from '../audit/refusal-log.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { Presence } from '../presence.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { Database } from '../store/store.ts';
import { type CallerLookup, createCallerLookup } from './callers.ts';
import { createProofVerifier, type ProofVerifier } from './dpop.ts';
import { createEnrollments, type Enrollments } from './enrollments.ts';
import { createGuesses } from './guesses.ts';
import type { IdentityKeys } from './keys.ts';
import { createNonces, type Nonces } from './nonces.ts';
import { createPageSessions, type PageSessions } from './page-sessions.ts';
import { createArtifacts } from './provider/artifacts.ts';
import type { RenderError } from './provider/configuration.ts';
import { createDeviceRequests, type DeviceRequests } from './provider/device-requests.ts';
import { createProvider } from './provider/provider.ts';
import { createProviders, type Providers } from './provider/providers.ts';
import { createSeats, type Seats } from './seats.ts';

/** Who is who, to the broker. */
export type Identity = {
  callers: CallerLookup;
  deviceRequests: DeviceRequests;
  enrollments: Enrollments;
  nonces: Nonces;
  pageSessions: PageSessions;
  providers: Providers;
  seats: Seats;
  /** Forgets tokens and codes that have expired. */
  purge(): Promise<void>;
};

type Deps = {
  db: Database;
  clock: Clock;
  keys: IdentityKeys;
  audit: AuditLog;
  administration: Pick<Administration, 'terminals' | 'enrollmentTokens'>;
  presence: Presence;
  sessions: Sessions;
  streams: Pick<Gateway, 'clear'>;
  limits: { signInSeconds: number; resumeSeconds: number };
  origins(): ReadonlySet<string>;
  /** Public keys that the broker's certificate may be traced to. */
  anchors(): readonly string[];
  permissionsOf(userId: string): Promise<ReadonlySet<Permission>>;
  /** In place of the usual one, which checks DPoP proofs. */
  proofs?: ProofVerifier | undefined;
  renderError: RenderError;
  onRefused(refusal: Refusal): void;
  onFault(error: unknown): void;
};

/**
 * Wrong enrollment tokens: they have 256 bits, so this is against the work that guesses make. A
 * guesser makes a new key for each try, so the address bounds it.
 */
const guessLimits = {
  guesser: { free: 10, firstDelayMs: 1_000, longestDelayMs: 10 * 60_000, forgetOneMs: 5 * 60_000 },
  place: { free: 100, firstDelayMs: 1_000, longestDelayMs: 30_000, forgetOneMs: 30_000 },
};

export function createIdentity(deps: Deps): Identity {
  const { db, clock, audit, administration, origins, presence, permissionsOf } = deps;
  // Made anew at each start: which proofs were used before it, nobody remembers.
  const nonceSecret = randomBytes(32);
  const nonces = createNonces({ secret: nonceSecret, clock });
  const proofs = deps.proofs ?? createProofVerifier({ clock, nonces, origins });
  const artifacts = createArtifacts({ db, clock });
  const seats = createSeats({ ...deps, artifacts });
  const deviceRequests = createDeviceRequests({ clock, proofs, artifacts, audit });
  const guesses = createGuesses(clock, 'too-many-requests', guessLimits);
  const providers = createProviders({
    origins,
    create: (origin) =>
      createProvider(origin, {
        ...deps,
        ...administration,
        nonceSecret,
        artifacts,
        deviceRequests,
        guesses,
        seats,
      }),
  });
  return {
    callers: createCallerLookup({ db, clock, proofs, presence, permissionsOf }),
    deviceRequests,
    enrollments: createEnrollments({ ...deps, ...administration }),
    nonces,
    pageSessions: createPageSessions({ db, providers, permissionsOf }),
    providers,
    seats,
    purge: artifacts.purge,
  };
}
