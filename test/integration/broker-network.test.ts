import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import {
  type Authority,
  createAuthority,
  issueCertificate,
} from '../../src/broker/tls/authority.ts';
import { type BrokerKeys, openBrokerKeys } from '../../src/broker/tls/broker-keys.ts';
import { digestOf, readChain } from '../../src/broker/tls/chain.ts';
import { type Listener, listen } from '../../src/broker/tls/listener.ts';
import { type AuthorityStep, rollAuthorityOver } from '../../src/broker/tls/rollover.ts';
import type { ServerCertificate } from '../../src/broker/tls/server-certificate.ts';
import { systemClock } from '../../src/contract/clock.ts';
import { CodedError, type ErrorCode } from '../../src/contract/errors.ts';
import type { Introduction } from '../../src/terminal/network.ts';
import { adoptStatements } from '../../src/terminal/trust.ts';
import type { NetworkCall } from '../harness/electron-network/calls.ts';
import { startElectronNetwork } from '../harness/electron-network/electron-network.ts';
import { createNodeNetwork } from '../harness/node-network.ts';

/** Real TLS, met by the network of the terminal in a real Electron, and by that of the harness. */
type Network = { call(call: NetworkCall): Promise<unknown>; dispose(): Promise<void> };

const networks: [string, () => Promise<Network>][] = [
  ['Electron', startElectronNetwork],
  ['Node', async () => nodeNetwork()],
];

const day = 24 * 60 * 60 * 1000;
const names = ['127.0.0.1', 'localhost'];

/** The same calls on Node's sockets, where there are no pages. */
function nodeNetwork(): Network {
  const network = createNodeNetwork();
  async function run(call: NetworkCall): Promise<unknown> {
    if (call.kind === 'pin') return network.pin(call.origin, call.anchors);
    if (call.kind === 'introduce') {
      return network.introduce(call.origin, AbortSignal.timeout(10_000));
    }
    if (call.kind !== 'fetch') throw new Error('there are no pages');
    const response = await network.fetch(call.url, call.init);
    return { status: response.status, text: await response.text() };
  }
  return {
    call: (call) =>
      run(call).catch((error: unknown) => {
        throw error instanceof CodedError ? new Error(error.code) : error;
      }),
    dispose: () => network.dispose(),
  };
}

describe.each(networks)('the network on %s', (kind, start) => {
  let network: Network;
  let scratch: string;
  let folder: string;
  let keys: BrokerKeys;
  let listener: Listener;
  let origin: string;
  let requests: string[];

  beforeAll(async () => {
    network = await start();
  });
  afterAll(() => network?.dispose());

  beforeEach(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'broker-keys-'));
    folder = join(scratch, 'keys');
    requests = [];
    const own = { given: null, furtherAnchors: [], names: () => names };
    keys = await openBrokerKeys({ ...own, folder, clock: systemClock });
    listener = await listen({ host: '127.0.0.1', port: 0, certificate: keys.certificate() });
    listener.server.on('request', (request, response) => {
      requests.push(`${request.method} ${request.url} ${request.headers.cookie ?? ''}`.trim());
      response.writeHead(request.url === '/elsewhere' ? 302 : 200, {
        'content-type': 'application/json',
        'set-cookie': 'sweet=1; Secure',
        location: '/v1/trust',
        // The next request meets the next certificate.
        connection: 'close',
      });
      response.end(JSON.stringify({ statements: keys.trust.statements() }));
    });
    new WebSocketServer({ server: listener.server });
    listener.open();
    origin = `https://127.0.0.1:${listener.port}`;
  });
  afterEach(async () => {
    await listener.close();
    await rm(scratch, { recursive: true });
  });

  const get = (url = `${origin}/v1/trust`) => network.call({ kind: 'fetch', url });
  const pin = (anchors: readonly string[], at = origin) =>
    network.call({ kind: 'pin', origin: at, anchors });
  // What the network answers to this call, on both.
  const introduce = () => network.call({ kind: 'introduce', origin }) as Promise<Introduction>;

  async function show(authority: Authority, names: string[], now = Date.now()): Promise<void> {
    await showCertificate(await issueCertificate(authority, names, now));
  }
  async function showCertificate(certificate: ServerCertificate): Promise<void> {
    listener.show(certificate);
    listener.server.closeAllConnections();
  }
  async function roll(step: AuthorityStep): Promise<void> {
    await rollAuthorityOver(folder, step, Date.now());
    if (await keys.refresh()) await showCertificate(keys.certificate());
  }

  it('is introduced, believes, and speaks to the broker from then on', async () => {
    const first = await introduce();
    expect(first.chain).toHaveLength(2);
    const trust = await adoptStatements(null, first.statements, first);
    expect(trust.anchors).toEqual([keys.trust.caFingerprint()]);
    await pin(trust.anchors);
    expect(await get()).toMatchObject({ status: 200 });
  });

  it('speaks to no origin that is not pinned', async () => {
    await expect(get(`https://localhost:${listener.port}/v1/trust`)).rejects.toThrow(
      'broker-key-changed',
    );
    expect(requests).toEqual([]);
  });

  it.each<[string, ErrorCode, (own: Authority) => Promise<void>]>([
    [
      'of another authority',
      'broker-key-changed',
      async () => show(await createAuthority(Date.now()), names),
    ],
    [
      'that has run out',
      'broker-certificate-expired',
      (own) => show(own, names, Date.now() - 100 * day),
    ],
    [
      'that is not yet good',
      'broker-certificate-expired',
      (own) => show(own, names, Date.now() + 5 * day),
    ],
    [
      'for another host',
      'broker-name-wrong',
      (own) => show(own, ['localhost', 'broker.example', '127.0.0.2']),
    ],
    [
      'of another authority that has run out',
      'broker-key-changed',
      async () => show(await createAuthority(Date.now()), names, Date.now() - 100 * day),
    ],
  ])('refuses a certificate %s before anything is said', async (_, code, showIt) => {
    const own = await createAuthority(Date.now());
    await pin(readChain(own.certificate).map(digestOf));
    await show(own, names);
    expect(await get()).toMatchObject({ status: 200 });
    requests = [];
    await showIt(own);
    await expect(get()).rejects.toThrow(code);
    expect(requests).toEqual([]);
    await show(own, names);
    expect(await get()).toMatchObject({ status: 200 });
  });

  it('follows a roll-over of the authority, announced or not', async () => {
    const first = await introduce();
    let trust = await adoptStatements(null, first.statements, first);
    await pin(trust.anchors);
    await roll('stage');
    await roll('switch');
    // It was not heard when it was announced: refused, until the statement is.
    await expect(get()).rejects.toThrow('broker-key-changed');
    const again = await introduce();
    trust = await adoptStatements(trust, again.statements, again);
    await pin(trust.anchors);
    expect(await get()).toMatchObject({ status: 200 });
    await roll('finish');
    const last = await introduce();
    trust = await adoptStatements(trust, last.statements, last);
    expect(trust.anchors).toEqual([keys.trust.caFingerprint()]);
  });

  it('lets go of an anchor, whatever it accepted by it before', async () => {
    await pin(keys.trust.anchors());
    await get();
    await pin(['A'.repeat(43)]);
    await expect(get()).rejects.toThrow('broker-key-changed');
  });

  it('follows no redirect, and keeps no cookie', async () => {
    await pin(keys.trust.anchors());
    await expect(get(`${origin}/elsewhere`)).rejects.toThrow('broker-unreachable');
    await get();
    expect(requests).toEqual(['GET /elsewhere', 'GET /v1/trust']);
  });

  it('says that nobody is there', async () => {
    await pin(keys.trust.anchors());
    await listener.close();
    await expect(get()).rejects.toThrow('broker-unreachable');
    await expect(introduce()).rejects.toThrow('broker-unreachable');
  });

  it('speaks nothing below TLS 1.3', async () => {
    const { chain, key } = keys.certificate();
    const old = createServer({ cert: chain, key, maxVersion: 'TLSv1.2' }, (_request, response) => {
      response.end('old');
    });
    old.listen(0, '127.0.0.1');
    await once(old, 'listening');
    const address = old.address();
    const port = typeof address === 'object' ? address?.port : 0;
    await pin(keys.trust.anchors(), `https://127.0.0.1:${port}`);
    await expect(get(`https://127.0.0.1:${port}/`)).rejects.toThrow('broker-unreachable');
    old.close();
  });

  // Node has no pages: there is nothing to be skipped.
  if (kind !== 'Electron') return;
  describe('from a page', () => {
    const socket = () => network.call({ kind: 'socket', url: origin.replace('https', 'wss') });
    /** By a name that was never pinned here. */
    const visit = (anchors: string[]) => {
      const provider = `https://localhost:${listener.port}`;
      const origins = [{ origin: provider, anchors }];
      return network.call({ kind: 'visit', url: `${provider}/page`, origins });
    };

    it('tells of a session that remembers what holds no more', async () => {
      await pin(keys.trust.anchors());
      expect(await socket()).toBe('open');
      expect(await network.call({ kind: 'stale' })).toBe(false);
      await pin(['A'.repeat(43)]);
      expect(await network.call({ kind: 'stale' })).toBe(true);
    });

    it('opens the stream to the broker that is pinned, and to no other', async () => {
      await pin(keys.trust.anchors());
      expect(await socket()).toBe('open');
      await show(await createAuthority(Date.now()), names);
      expect(await socket()).toBe('refused');
      await showCertificate(keys.certificate());
      expect(await socket()).toBe('open');
    });

    it('opens the stream to a key that is learned when the page meets it', async () => {
      const next = await createAuthority(Date.now());
      await network.call({
        kind: 'pin',
        origin,
        anchors: keys.trust.anchors(),
        learned: readChain(next.certificate).map(digestOf),
      });
      expect(await socket()).toBe('open');
      await show(next, names);
      expect(await socket()).toBe('open');
    });

    it('shows a sign-in page by the anchors that are given with it', async () => {
      const other = await createAuthority(Date.now());
      await show(other, names);
      const anchors = readChain(other.certificate).map(digestOf);
      expect(await visit(anchors)).toContain('statements');
    });

    it('leaves a sign-in page without any to the system, which does not know it', async () => {
      await show(await createAuthority(Date.now()), names);
      await expect(visit([])).rejects.toThrow('ERR_CERT_AUTHORITY_INVALID');
    });
  });
});
