import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { median, percentile, rounded } from '../statistics.ts';
import { createCertificate } from './certificate.ts';
import { startChild } from './child.ts';
import { type Link, openPlain, openWebSocket } from './link.ts';
import { bulkThroughput, roundTrips, updateThroughput } from './synthetic.ts';
import { startWebsockify } from './websockify.ts';

/** What lies between guest and client, measured without either, by TLS. Ratios: ours over theirs. */
export type SyntheticResult = {
  /** In the rhythm of the protocol: 4 KiB updates, each asked for, 64 requests under way. */
  throughputVsWebsockify: number;
  throughputVsRelay: number;
  /** One endless answer in 64 KiB updates, which is a test of memory copies more than of code. */
  bulkThroughputVsWebsockify: number;
  bulkThroughputVsRelay: number;
  throughputBytesPerSecond: number;
  bulkBytesPerSecond: number;
  /** p99 of a key's round trip through the gateway less that without anything between. */
  addedLatencyP99Ms: number;
};

const rounds = 5;
const trips = 2_000;

export async function benchSynthetic(): Promise<SyntheticResult> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bench-'));
  const socket = path.join(folder, 'rfb');
  const source = await startChild('source.ts', [socket]);
  const certificate = await createCertificate();
  const { cert, key } = certificate;
  const gateway = await startChild('gateway.ts', [socket, cert, key]);
  const relay = await startChild('tls-relay.ts', [socket, cert, key]);
  const websockify = await startWebsockify(socket, certificate);
  const paths = {
    gateway: () => openWebSocket(Number(gateway.line)),
    websockify: () => openWebSocket(websockify.port),
    relay: () => openPlain(Number(relay.line)),
  };
  try {
    const updates = await compare(paths, updateThroughput);
    const bulk = await compare(paths, bulkThroughput);
    const direct = await roundTrips(await openPlain(socket), trips);
    const through = await roundTrips(await paths.gateway(), trips);
    return {
      throughputVsWebsockify: rounded(updates.gateway / updates.websockify, 2),
      throughputVsRelay: rounded(updates.gateway / updates.relay, 2),
      bulkThroughputVsWebsockify: rounded(bulk.gateway / bulk.websockify, 2),
      bulkThroughputVsRelay: rounded(bulk.gateway / bulk.relay, 2),
      throughputBytesPerSecond: Math.round(updates.gateway),
      bulkBytesPerSecond: Math.round(bulk.gateway),
      addedLatencyP99Ms: rounded(percentile(through, 0.99) - percentile(direct, 0.99), 3),
    };
  } finally {
    for (const one of [websockify, relay, gateway, source, certificate]) await one.dispose();
    await rm(folder, { recursive: true, force: true });
  }
}

type Paths<T> = { gateway: T; websockify: T; relay: T };

/** In turns, so that whatever else the machine does meets them all; the median of each. */
async function compare(
  paths: Paths<() => Promise<Link>>,
  measure: (link: Link) => Promise<number>,
): Promise<Paths<number>> {
  const samples: Paths<number[]> = { gateway: [], websockify: [], relay: [] };
  for (let round = 0; round < rounds; round += 1) {
    samples.gateway.push(await measure(await paths.gateway()));
    samples.websockify.push(await measure(await paths.websockify()));
    samples.relay.push(await measure(await paths.relay()));
  }
  return {
    gateway: median(samples.gateway),
    websockify: median(samples.websockify),
    relay: median(samples.relay),
  };
}
