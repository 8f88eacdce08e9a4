import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { type Clock, systemClock } from '../contract/clock.ts';
import { CodedError } from '../contract/errors.ts';
import type { Host } from '../desktops/engine.ts';
import { composeBroker } from './compose.ts';
import { type Config, originsOf } from './config.ts';
import { loadConfig } from './config-file.ts';
import type { StreamTotals } from './gateway/gateway.ts';
import { createLog } from './log.ts';
import { type HostDeps, openQemuHost } from './qemu-host.ts';
import { asStartFault } from './start-fault.ts';
import { openStore } from './store/store.ts';
import { productVersion } from './version.ts';

export type Broker = {
  /** Where it listens. */
  readonly url: string;
  /** What its streams have carried so far. */
  readonly streams: Readonly<StreamTotals>;
  /** Stops all desktops; with `leave` they run on for the next broker to take up. */
  close(how?: 'stop' | 'leave'): Promise<void>;
};

export type BrokerDeps = {
  log: FastifyBaseLogger;
  clock?: Clock;
  openHost?: (config: Config, deps: HostDeps) => Promise<Host>;
};

/**
 * Starts a broker. What it began before a fault is undone, and desktops of an earlier broker are
 * left as they were.
 * @throws port-in-use, store-damaged, broker-running, config-invalid, config-unreadable
 */
export async function startBroker(config: Config, deps: BrokerDeps): Promise<Broker> {
  const { log, clock = systemClock, openHost = openQemuHost } = deps;
  const undo: (() => Promise<void>)[] = [];
  try {
    const tls = await readTls(config.tls);
    // The host is first: it holds the lock that keeps a second broker off this data folder.
    const host = await openHost(config, { log, clock });
    undo.unshift(() => host.shutDown('leave'));
    const store = openStore(config.dataDir);
    undo.unshift(() => store.close());
    let origins: ReadonlySet<string> = new Set();
    const { limits, streamOrigins, trustedProxies } = config;
    const broker = await composeBroker({
      store,
      host,
      clock,
      log,
      limits,
      streamOrigins,
      trustedProxies,
      tls,
      version: productVersion(),
      origins: () => origins,
    });
    // The broker lets go of its host by itself.
    undo.splice(
      0,
      undo.length,
      () => broker.close('leave'),
      () => store.close(),
    );
    const port = await listen(broker.app, config);
    origins = originsOf(config, port);
    const url = originOf(config, port);
    log.info({ url }, 'the broker is listening');
    let closed: Promise<void> | null = null;
    return {
      url,
      get streams() {
        return broker.gateway.totals;
      },
      close: (how = 'stop') => {
        closed ??= broker.close(how).then(() => store.close());
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
  /** Ends it. */
  signal: AbortSignal;
  onListening(url: string): void;
  /** What becomes of the desktops at the end. */
  atEnd?: 'stop' | 'leave';
};

/** Runs a broker until the signal. @throws as startBroker */
export async function serve(config: Config, options: ServeOptions): Promise<void> {
  const { log, signal, onListening, atEnd = 'stop' } = options;
  const broker = await startBroker(config, { log });
  onListening(broker.url);
  if (!signal.aborted) await once(signal, 'abort');
  await broker.close(atEnd);
}

async function listen(app: FastifyInstance, { host, port }: Config): Promise<number> {
  await app.listen({ host, port });
  const address = app.server.address();
  // A string is the path of a unix socket, which this is not.
  return typeof address === 'string' || address === null ? port : address.port;
}

function originOf({ host, tls }: Config, port: number): string {
  const scheme = tls === null ? 'http' : 'https';
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

async function readTls(tls: Config['tls']): Promise<{ cert: Buffer; key: Buffer } | null> {
  if (tls === null) return null;
  try {
    return { cert: await readFile(tls.cert), key: await readFile(tls.key) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CodedError('config-invalid', { detail: `tls: ${reason}`, cause: error });
  }
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
    signal: stop.signal,
    onListening: (url) => process.stdout.write(`${url}\n`),
  });
}

if (import.meta.main) {
  await runAlone().catch((error: unknown) => {
    const lines = error instanceof CodedError ? [error.message, error.problem.remedy] : [error];
    for (const line of lines) console.error(line);
    process.exitCode = 1;
  });
}
