import type { Server } from 'node:https';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { Clock } from '../contract/clock.ts';
import type { Host } from '../desktops/engine.ts';
import type { ImageLibrary } from '../desktops/images/library.ts';
import { permissionsOf } from './access/permissions.ts';
import { createAdministration } from './administration.ts';
import { type AuditLog, createAuditLog } from './audit/audit-log.ts';
import { createRefusalLog } from './audit/refusal-log.ts';
import type { Config } from './config.ts';
import { createDiskFiles } from './disks/disk-files.ts';
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
import { createIdleSuspender } from './pools/idle-suspender.ts';
import { createPresence } from './presence.ts';
import { closeUnattended, endRevoked } from './revocation.ts';
import { createRounds } from './rounds.ts';
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
import { createVirtualization } from './virtualization.ts';

export type BrokerParts = {
  config: Pick<
    Config,
    'dataDir' | 'limits' | 'sessionDays' | 'streamOrigins' | 'trustedProxies' | 'identityProviders'
  >;
  store: Store;
  host: Host;
  images: ImageLibrary;
  /** Whether the host has memory to spare. */
  hasRoom(): boolean;
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
  /** The host is short of memory: gives up what nobody uses, or suspends what nobody looks at. */
  relieve(): Promise<void>;
  /** Lets go of everything but the store. Desktops are stopped, or left to the next broker. */
  close(how: 'stop' | 'leave'): Promise<void>;
};

/** What authenticator apps show the codes under. */
const product = 'Porthole';

/** The command line works behind the broker's back; this is how soon the broker notices. */
const lookEveryMs = 5_000;
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
  const files = createDiskFiles(config.dataDir);
  const administration = createAdministration({ db, clock, audit, passwords, files });
  const presence = await createPresence({ db, clock, onFault });
  const permissions = (userId: string) => permissionsOf(db, userId);
  const { images, hasRoom } = parts;
  const virtualization = createVirtualization({
    db,
    clock,
    audit,
    host,
    images,
    files,
    hasRoom,
    permissionsOf: permissions,
    onFault,
  });
  const { desktops } = virtualization;
  const sessions = createSessions({ db, clock, host, audit, desktops, limits, onFault });
  await virtualization.takeOver(sessions);
  const tickets = createTickets(clock);
  const gateway = createGateway({
    clock,
    sessions,
    tickets,
    presence,
    audit,
    onRefused,
    onFault,
    onUnaccelerated: (stream) => log.warn(stream, 'a stream goes on without acceleration'),
    limits,
    allowedOrigins: new Set(config.streamOrigins),
  });
  const suspender = createIdleSuspender({
    db,
    clock,
    sessions,
    isWatched: (sessionId) => gateway.watching().some((each) => each.sessionId === sessionId),
    onFault,
  });
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
      ...sessionHandlers({ sessions, tickets, pictures: createPictures(clock), limits }),
      ...adminHandlers({ ...administration, ...virtualization, ...identity, sessions, audit }),
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

  const access = [
    () => endRevoked(db, sessions),
    () => identity.seats.expire(),
    () => closeUnattended({ db, clock, desktops, sessions, permissionsOf: permissions }, gateway),
  ];
  // Apart, because a guest takes seconds to suspend or shut down, and who is revoked has to go now.
  const looks = [access, [suspender.look], [virtualization.look]].map((parts) =>
    createRounds(parts, onFault),
  );
  async function purge(): Promise<void> {
    await identity.purge();
    if (config.sessionDays === 0) return;
    await administration.sessionHistory.forgetBefore(clock.now() - config.sessionDays * dayMs);
  }
  const purges = createRounds([purge], onFault);
  const timers = [
    ...looks.map((rounds) => every(clock, lookEveryMs, rounds.begin)),
    every(clock, rediscoverEveryMs, () => void federation.refresh()),
    every(clock, purgeEveryMs, purges.begin),
  ];

  return {
    app,
    audit,
    gateway,
    relieve: async () => {
      if (virtualization.shed() === 0) await suspender.suspendOne();
    },
    close: async (how) => {
      for (const timer of timers) timer.dispose();
      await Promise.all([...looks, purges].map((rounds) => rounds.close()));
      await virtualization.hostFigures.dispose();
      presence.dispose();
      gateway.close();
      // First, because it answers the long polls that the server would otherwise wait for.
      await virtualization.close(how);
      await sessions.close(how);
      await app.close();
      await refusals.dispose();
      await presence.save();
    },
  };
}
