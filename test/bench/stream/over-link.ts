// `node over-link.ts SOCKET RTT_MS netem|relay frames|keys COUNT`: what a client gets through the
// gateway when a round trip takes that long, and one that the gateway can't accelerate. With `netem`
// it expects a network namespace of its own, in which it delays the loopback device; with `relay` a
// TCP relay holds the bytes back. Prints JSON.
import { runSuccessfully } from '../../../src/desktops/command.ts';
import { startNetwork } from '../../harness/network.ts';
import { median } from '../statistics.ts';
import { BenchBrowser, measureKeyToPixel, measureRates, type StreamAddress } from './browser.ts';
import { createCertificate } from './certificate.ts';
import { startChild } from './child.ts';
import { type LinkFigures, letters } from './link-figures.ts';

const [rfbSocket = '', rtt = '0', kind = 'relay', measure = '', count = ''] = process.argv.slice(2);
const roundTripMs = Number(rtt);

if (kind === 'netem') await delayLoopback(roundTripMs);
const certificate = await createCertificate();
const gateway = await startChild('gateway.ts', [rfbSocket, certificate.cert, certificate.key]);
const network = await startNetwork(() => ({ host: '127.0.0.1', port: Number(gateway.line) }));
if (kind === 'relay') network.setRoundTrip(roundTripMs);
const port = kind === 'relay' ? network.port : Number(gateway.line);
const browser = await BenchBrowser.open();
try {
  const address = { url: `wss://127.0.0.1:${port}`, protocols: ['binary'] };
  const result: LinkFigures = {
    accelerated: await figureAt(address),
    plain: await figureAt({ ...address, isPlain: true }),
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
} finally {
  for (const one of [browser, network, gateway, certificate]) await one.dispose();
}

function figureAt(address: StreamAddress): Promise<number> {
  return browser.watch(address, async (page) => {
    if (measure === 'frames') return (await measureRates(page)).fps;
    return median(await measureKeyToPixel(page, letters, Number(count)));
  });
}

async function delayLoopback(ms: number): Promise<void> {
  await runSuccessfully('ip', ['link', 'set', 'lo', 'up']);
  if (ms === 0) return;
  const delay = ['delay', `${ms / 2}ms`, 'limit', '100000'];
  await runSuccessfully('tc', ['qdisc', 'add', 'dev', 'lo', 'root', 'netem', ...delay]);
}
