import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { Clock } from '../contract/clock.ts';
import type { Disposable } from '../contract/disposable.ts';
import type { Host } from '../desktops/engine.ts';
import type { Limits } from './config.ts';
import { createDesktops } from './desktops.ts';
import { every } from './every.ts';
import { createGateway, type Gateway } from './gateway/gateway.ts';
import { createTickets } from './gateway/tickets.ts';
import { createCallerLookup } from './identity/callers.ts';
import { createProofVerifier } from './identity/dpop.ts';
import { createEnrollments } from './identity/enrollments.ts';
import { createPasswords } from './identity/password.ts';
import { createSignIn } from './identity/sign-in.ts';
import { createPresence } from './presence.ts';
import { closeUnattended, endRevoked } from './revocation.ts';
import { desktopHandlers } from './routes/desktops.ts';
import { enrollmentHandlers } from './routes/enrollments.ts';
import { healthHandlers } from './routes/health.ts';
import { sessionHandlers } from './routes/sessions.ts';
import { tokenHandlers } from './routes/tokens.ts';
import { buildServer } from './server.ts';
import { createPictures } from './sessions/pictures.ts';
import { createSessions } from './sessions/sessions.ts';
import type { Store } from './store/store.ts';

export type BrokerParts = {
  store: Store;
  host: Host;
  clock: Clock;
  log: FastifyBaseLogger;
  limits: Limits;
  version: string;
  streamOrigins: readonly string[];
  trustedProxies: readonly string[];
  /** Where terminals reach the broker. */
  origins(): ReadonlySet<string>;
  tls: { cert: Buffer; key: Buffer } | null;
};

export type ComposedBroker = {
  app: FastifyInstance;
  gateway: Gateway;
  /** Lets go of everything but the store. Desktops are stopped, or left to the next broker. */
  close(how: 'stop' | 'leave'): Promise<void>;
};

/** The command line works behind the broker's back; this is how soon the broker notices. */
const revocationEveryMs = 5_000;

/** Puts the broker together, with the sessions of an earlier one taken up, but not listening yet. */
export async function composeBroker(parts: BrokerParts): Promise<ComposedBroker> {
  const { host, clock, log, limits, version, origins, tls } = parts;
  const { db } = parts.store;
  const onFault = (error: unknown) => log.error({ err: error }, 'fault in the background');

  const presence = await createPresence({ db, clock, onFault });
  const desktops = createDesktops({ db });
  const sessions = createSessions({ db, clock, host, desktops, limits, onFault });
  await sessions.restore();

  const tickets = createTickets(clock);
  const gateway = createGateway({
    clock,
    sessions,
    tickets,
    presence,
    limits,
    allowedOrigins: new Set(parts.streamOrigins),
  });
  const proofs = createProofVerifier({ clock, origins });
  const app = await buildServer({
    callers: createCallerLookup({ db, clock, proofs, presence }),
    handlers: {
      ...healthHandlers({ version }),
      ...enrollmentHandlers({ enrollments: createEnrollments({ db, clock }), sessions }),
      ...tokenHandlers({
        signIn: createSignIn({
          db,
          clock,
          passwords: createPasswords(),
          presence,
          sessions,
          streams: gateway,
          limits,
        }),
      }),
      ...desktopHandlers({ desktops }),
      ...sessionHandlers({ sessions, tickets, pictures: createPictures(clock) }),
    },
    gateway,
    log,
    version,
    trustedProxies: parts.trustedProxies,
    tls,
  });
  async function lookForRevoked(): Promise<void> {
    await endRevoked(db, sessions);
    await closeUnattended(db, gateway);
  }
  const revocation: Disposable = every(
    clock,
    revocationEveryMs,
    () => void lookForRevoked().catch(onFault),
  );

  return {
    app,
    gateway,
    close: async (how) => {
      revocation.dispose();
      presence.dispose();
      gateway.close();
      // First, because it answers the long polls that the server would otherwise wait for.
      await sessions.close(how);
      await app.close();
      await presence.save();
    },
  };
}
