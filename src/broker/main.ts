import { once } from 'node:events';
import { parseArgs } from 'node:util';
import type { FastifyBaseLogger } from 'fastify';
import { type Clock, systemClock } from '../contract/clock.ts';
import { CodedError } from '../contract/errors.ts';
import { brokerItself } from './audit/actor.ts';
import type { AuditLog } from './audit/audit-log.ts';
import { keepAuditDays } from './audit/retention-round.ts';
import { settleRestore } from './backup/restore-journal.ts';
import { composeBroker } from './compose.ts';
import { type Config, originsOf } from './config.ts';
import { loadConfig } from './config-file.ts';
import type { StreamTotals } from './gateway/gateway.ts';
import { openImages } from './images.ts';
import { createLog } from './log.ts';
import { type HostDeps, type OpenedHost, openHost as openHostHere } from './open-host.ts';
import { createOrigins } from './origins.ts';
import { createReliefCall } from './relief-call.ts';
import { asStartFault } from './start-fault.ts';
import { lockStore } from './store/lock-store.ts';
import { openStore } from './store/store.ts';
import { type BrokerKeys, openBrokerKeys } from './tls/broker-keys.ts';
import { certificateChanged } from './tls/certificate-changed.ts';
import { keysFolder } from './tls/key-files.ts';
import { listen } from './tls/listener.ts';
import { certificateNames, listeningNames, originAt, thisMachine } from './tls/names.ts';
import { watchKeys } from './tls/watch-keys.ts';
import { productVersion } from './version.ts';

export type Broker = {
  /** Where it listens. */
  readonly url: string;
  /** Digest of the key that its certificate is traced to now. */
  readonly caFingerprint: string;
  /** What its streams have carried so far. */
  readonly streams: Readonly<StreamTotals>;
  /**
   * Resolves when another broker has taken the database, which the connection to was lost. From then
   * on this one is in the way.
   */
  readonly displaced: Promise<CodedError>;
  /** Looks at the files of its keys now; it does so by itself every few seconds. */
  reload(): Promise<void>;
  /** Stops all desktops; with `leave` they run on for the next broker to take up. */
  close(how?: 'stop' | 'leave'): Promise<void>;
};

export type BrokerDeps = {
  log: FastifyBaseLogger;
  /** Of a PostgreSQL database, in place of the one in the data folder. It holds a password. */
  databaseUrl?: string | undefined;
  clock?: Clock;
  openHost?: (config: Config, deps: HostDeps) => Promise<OpenedHost>;
};

/**
 * Starts a broker. What it began before a fault is undone, and desktops of an earlier broker are
 * left as they were.
 * @throws port-in-use, store-damaged, store-foreign, store-unreachable, broker-running,
 *   config-invalid, config-unreadable
 */
export async function startBroker(config: Config, deps: BrokerDeps): Promise<Broker> {
  const { log, databaseUrl, clock = systemClock, openHost = openHostHere } = deps;
  const { host: address, port, dataDir } = config;
  const place = { dataDir, databaseUrl };
  const displaced = Promise.withResolvers<CodedError>();
  const undo: (() => Promise<void>)[] = [];
  try {
    // The host is first: it holds the lock that keeps a second broker off this data folder.
    const images = openImages(config.cacheDir, clock);
    const relief = createReliefCall(log);
    const opened = await openHost(config, { log, clock, images, onPressure: relief.call });
    const { host, hasRoom } = opened;
    undo.unshift(() => opened.close());
    undo.unshift(() => host.shutDown('leave'));
    const lock = await lockStore(place, { clock, onTaken: displaced.resolve });
    undo.unshift(() => lock.dispose());
    // Before the keys: those that are there may not be the ones that belong to the store.
    await settleRestore(place);
    const store = await openStore(place, true);
    undo.unshift(() => store.close());
    const keys = await openKeys(config, clock);
    const listener = await listen({ host: address, port, certificate: keys.certificate() });
    undo.unshift(() => listener.close());
    const machine = thisMachine();
    const broker = await composeBroker({
      config,
      store,
      host,
      images,
      hasRoom,
      clock,
      log,
      version: productVersion(),
      origins: createOrigins(clock, () => originsOf(config, listener.port, thisMachine())),
      trust: keys.trust,
      server: listener.server,
    });
    relief.answer(() => broker.relieve());
    const watch = watchKeys({
      keys,
      clock,
      log,
      onCertificate: async (certificate) => {
        listener.show(certificate);
        await broker.audit.append(certificateChanged(certificate));
      },
    });
    const { audit } = broker;
    const retention = keepAuditDays({ audit, clock, log, days: config.auditDays });
    await noteRun(audit, 'broker.started');
    listener.open();
    const [name = address] = listeningNames(config, machine);
    const url = originAt(name, listener.port);
    log.info({ url }, 'the broker is listening');
    let closed: Promise<void> | null = null;
    async function close(how: 'stop' | 'leave'): Promise<void> {
      await watch.dispose();
      await retention.dispose();
      await broker.close(how);
      await opened.close();
      await noteRun(audit, 'broker.stopped').catch((error: unknown) => {
        log.error({ err: error }, 'the end could not be written to the audit log');
      });
      await listener.close();
      await store.close();
      await lock.dispose();
    }
    return {
      url,
      get caFingerprint() {
        return keys.trust.caFingerprint();
      },
      get streams() {
        return broker.gateway.totals;
      },
      displaced: displaced.promise,
      reload: () => watch.look(),
      close: (how = 'stop') => {
        closed ??= close(how);
        return closed;
      },
    };
  } catch (error) {
    for (const step of undo) await step();
    throw asStartFault(error);
  }
}

export type ServeOptions = {
  log: FastifyBaseLogger;
  databaseUrl?: string | undefined;
  /** Ends it. */
  signal: AbortSignal;
  onListening(broker: Broker): void;
  /** What becomes of the desktops at the end. */
  atEnd?: 'stop' | 'leave';
};

/** Runs a broker until the signal. @throws as startBroker; broker-running when it was displaced */
export async function serve(config: Config, options: ServeOptions): Promise<void> {
  const { log, databaseUrl, signal, onListening, atEnd = 'stop' } = options;
  const broker = await startBroker(config, { log, databaseUrl });
  onListening(broker);
  const told = signal.aborted ? null : once(signal, 'abort').then(() => null);
  const fault = await Promise.race([told, broker.displaced]);
  // Desktops are the other broker's to end, where it runs on this machine.
  await broker.close(fault === null ? atEnd : 'leave');
  if (fault !== null) throw fault;
}

async function noteRun(
  audit: AuditLog,
  action: 'broker.started' | 'broker.stopped',
): Promise<void> {
  const detail = { version: productVersion() };
  await audit.append({
    ...brokerItself,
    action,
    target: null,
    outcome: 'done',
    code: null,
    detail,
  });
}

function openKeys(config: Config, clock: Clock): Promise<BrokerKeys> {
  const { cert, key, anchors } = config.tls;
  return openBrokerKeys({
    folder: keysFolder(config.dataDir),
    given: cert === undefined || key === undefined ? null : { cert, key },
    furtherAnchors: anchors,
    // Asked for each time: a machine that listens everywhere may be given another address.
    names: () => certificateNames(config, thisMachine()),
    clock,
  });
}

/** `node src/broker/main.ts [--config file]`: a broker of its own, until SIGINT or SIGTERM. */
async function runAlone(): Promise<void> {
  const { values } = parseArgs({ options: { config: { type: 'string' } } });
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  const config = await loadConfig({
    file: values.config,
    env: process.env,
    uid: process.getuid?.() ?? 0,
  });
  await serve(config, {
    log: createLog(process.stderr),
    databaseUrl: process.env.DATABASE_URL,
    signal: stop.signal,
    onListening: ({ url, reload }) => {
      process.on('SIGHUP', () => void reload());
      process.stdout.write(`${url}\n`);
    },
  });
}

if (import.meta.main) {
  await runAlone().catch((error: unknown) => {
    const lines = error instanceof CodedError ? [error.message, error.problem.remedy] : [error];
    for (const line of lines) console.error(line);
    process.exitCode = 1;
  });
}
