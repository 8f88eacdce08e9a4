import type { Server } from 'node:https';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { Clock } from '../contract/clock.ts';
import type { Host } from '../desktops/engine.ts';
import { permissionsOf } from './access/permissions.ts';
import { createAdministration } from './administration.ts';
import { type AuditLog, createAuditLog } from './audit/audit-log.ts';
import { createRefusalLog } from './audit/refusal-log.ts';
import type { Config } from './config.ts';
import { createDesktops } from './desktops.ts';
import { every } from './every.ts';
import { createGateway, type Gateway } from './gateway/gateway.ts';
import { createTickets } from './gateway/tickets.ts';
import { signOutDeparted } from './identity/departed-providers.ts';
import type { ProofVerifier } from './identity/dpop.ts';
import { createFederatedUsers } from './identity/federated-users.ts';
import { createFederation } from './identity/federation.ts';
import { createIdentity } from './identity/identity.ts';
import { openIdentityKeys } from './identity/keys.ts';
import { createLocalSignIn } from './identity/local-sign-in.ts';
import { createPasswords } from './identity/password.ts';
import { mountProviders } from './identity/provider/mount.ts';
import { createSecondFactors } from './identity/second-factor.ts';
import { renderError } from './pages/oauth-error-page.ts';
import { registerPages } from './pages/pages.ts';
import { createPresence } from './presence.ts';
import { closeUnattended, endRevoked } from './revocation.ts';
import { adminHandlers } from './routes/admin/admin.ts';
import { desktopHandlers } from './routes/desktops.ts';
import { healthHandlers } from './routes/health.ts';
import { sessionHandlers } from './routes/sessions.ts';
import { terminalHandlers } from './routes/terminal.ts';
import { trustHandlers } from './routes/trust.ts';
import { seatHandlers } from './routes/user.ts';
import { buildServer } from './server.ts';
import { createPictures } from './sessions/pictures.ts';
import { createSessions } from './sessions/sessions.ts';
import type { Store } from './store/store.ts';
import type { BrokerTrust } from './tls/broker-trust.ts';
import { noteRefusedHandshakes } from './tls/refused-handshakes.ts';

export type BrokerParts = {
  config: Pick<
    Config,
    'dataDir' | 'limits' | 'sessionDays' | 'streamOrigins' | 'trustedProxies' | 'identityProviders'
  >;
  store: Store;
  host: Host;
  clock: Clock;
  log: FastifyBaseLogger;
  version: string;
  /** Where terminals and people reach the broker. */
  origins(): ReadonlySet<string>;
  trust: BrokerTrust;
  /** Already listening; null for a broker that is only injected into. */
  server: Server | null;
  /** In place of the usual one, which checks DPoP proofs. */
  proofs?: ProofVerifier;
};

export type ComposedBroker = {
  app: FastifyInstance;
  audit: AuditLog;
  gateway: Gateway;
  /** Lets go of everything but the store. Desktops are stopped, or left to the next broker. */
  close(how: 'stop' | 'leave'): Promise<void>;
};

/** What authenticator apps show the codes under. */
const product = 'Porthole';

/** The command line works behind the broker's back; this is how soon the broker notices. */
const revocationEveryMs = 5_000;
const purgeEveryMs = 10 * 60_000;
const dayMs = 24 * 60 * 60_000;
/** Identity providers seldom move their endpoints, but may be away when the broker starts. */
const rediscoverEveryMs = 5 * 60_000;

/** Puts the broker together, with the sessions of an earlier one taken up, but not serving yet. */
export async function composeBroker(parts: BrokerParts): Promise<ComposedBroker> {
  const { config, host, clock, log, version, trust } = parts;
  const { limits } = config;
  const { db } = parts.store;
  const { origins } = parts;
  const onFault = (error: unknown) => log.error({ err: error }, 'fault in the background');

  const audit = createAuditLog({ db, clock });
  const refusals = createRefusalLog({ audit, clock, onFault });
  const onRefused = refusals.note;
  const passwords = createPasswords();
  const administration = createAdministration({ db, clock, audit, passwords });
  const presence = await createPresence({ db, clock, onFault });
  const desktops = createDesktops({ db });
  const sessions = createSessions({ db, clock, host, audit, desktops, limits, onFault });
  await sessions.restore();
  const tickets = createTickets(clock);
  const gateway = createGateway({
    clock,
    sessions,
    tickets,
    presence,
    audit,
    onRefused,
    onFault,
    limits,
    allowedOrigins: new Set(config.streamOrigins),
  });
  const permissions = (userId: string) => permissionsOf(db, userId);
  const keys = await openIdentityKeys(config.dataDir);
  const identity = createIdentity({
    db,
    clock,
    keys,
    audit,
    administration,
    presence,
    sessions,
    streams: gateway,
    limits,
    origins,
    anchors: trust.anchors,
    permissionsOf: permissions,
    proofs: parts.proofs,
    renderError,
    onRefused,
    onFault,
  });
  const federation = await createFederation(config.identityProviders, { clock, onFault });
  await signOutDeparted({ db, audit }, config.identityProviders);
  // Nothing waits for it: an identity provider that is away keeps no broker from starting.
  void federation.refresh();
  const pages = {
    ...administration,
    ...identity,
    db,
    clock,
    origins,
    federation,
    localSignIn: createLocalSignIn({ db, clock, passwords }),
    secondFactors: createSecondFactors({ db, clock, dataKey: keys.data, issuer: product, audit }),
    federatedUsers: createFederatedUsers({ db, clock, audit }),
    caCertificate: trust.caCertificate,
    audit,
    onRefused,
  };
  if (parts.server !== null) noteRefusedHandshakes(parts.server, onRefused);
  const app = await buildServer({
    ...identity,
    origins,
    handlers: {
      ...healthHandlers({ version }),
      ...trustHandlers({ trust }),
      ...terminalHandlers({ ...administration, ...federation }),
      ...seatHandlers(identity),
      ...desktopHandlers({ desktops }),
      ...sessionHandlers({ sessions, tickets, pictures: createPictures(clock) }),
      ...adminHandlers({ ...administration, ...identity, sessions, audit }),
    },
    gateway,
    log,
    version,
    trustedProxies: config.trustedProxies,
    server: parts.server,
    onRefused,
    mounts: [
      (server) => mountProviders(server, { ...identity, clock, onRefused }),
      (server) => registerPages(server, pages),
    ],
  });

  async function lookForRevoked(): Promise<void> {
    await endRevoked(db, sessions);
    await identity.seats.expire();
    await closeUnattended({ db, clock, desktops, permissionsOf: permissions }, gateway);
  }
  async function purge(): Promise<void> {
    await identity.purge();
    if (config.sessionDays === 0) return;
    await administration.sessionHistory.forgetBefore(clock.now() - config.sessionDays * dayMs);
  }
  const rounds = [
    every(clock, revocationEveryMs, () => void lookForRevoked().catch(onFault)),
    every(clock, rediscoverEveryMs, () => void federation.refresh()),
    every(clock, purgeEveryMs, () => void purge().catch(onFault)),
  ];

  return {
    app,
    audit,
    gateway,
    close: async (how) => {
      for (const round of rounds) round.dispose();
      presence.dispose();
      gateway.close();
      // First, because it answers the long polls that the server would otherwise wait for.
      await sessions.close(how);
      await app.close();
      await refusals.dispose();
      await presence.save();
    },
  };
}
