import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAdmin } from '../../src/broker/admin.ts';
import { type ConfigInput, parseConfig } from '../../src/broker/config.ts';
import { createLog } from '../../src/broker/log.ts';
import { type Broker, startBroker } from '../../src/broker/main.ts';
import { openStore } from '../../src/broker/store/store.ts';
import { createAuthority, issueCertificate } from '../../src/broker/tls/authority.ts';
import { FakeHost } from '../fakes/fake-host.ts';
import { createNodeNetwork } from '../harness/node-network.ts';
import { spec } from './desktops-fixture.ts';

let folder: string;
const brokers: Broker[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'broker-'));
});
afterEach(async () => {
  for (const broker of brokers.splice(0)) await broker.close();
  rmSync(folder, { recursive: true });
});

async function start(input: ConfigInput = {}, host = new FakeHost()): Promise<Broker> {
  const folders = { dataDir: folder, runtimeDir: folder, cacheDir: folder };
  const broker = await startBroker(parseConfig({ port: 0, ...input }, folders), {
    log: createLog({ write: () => undefined }),
    openHost: async () => host.opened(),
  });
  brokers.push(broker);
  return broker;
}

/** Runs a program of this repository's Node, and gives what it said once it has ended. */
async function run(args: string[]): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (bytes) => {
    stderr += bytes;
  });
  const [code] = await once(child, 'close');
  return { code, stderr };
}

describe('starting a broker', () => {
  it('answers at the address it gives, on any free port', async () => {
    const broker = await start();
    expect(broker.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    const network = createNodeNetwork();
    network.pin(broker.url, [broker.caFingerprint]);
    const reply = await network.fetch(new URL('/v1/health', broker.url));
    expect(await reply.json()).toMatchObject({ status: 'ok', product: 'porthole' });
  });

  it('says that the port is in use, and leaves the desktops as they were', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const host = new FakeHost({ bootsAtOnce: true });
    const machine = host.start(spec('porthole'));
    host.adopt = async () => ({ adopted: [], reaped: [] });
    await expect(start({ port }, host)).rejects.toMatchObject({
      code: 'port-in-use',
      detail: expect.stringContaining(`127.0.0.1:${port}`),
    });
    expect(machine.state.kind).toBe('running');
    other.close();
    // Nothing is held: the same folder serves the next one.
    await start();
  });

  it('refuses a damaged store, and leaves it as it is', async () => {
    const file = join(folder, 'broker.sqlite');
    const garbage = Buffer.alloc(8_192, 'garbage ');
    writeFileSync(file, garbage);
    await expect(start()).rejects.toMatchObject({ code: 'store-damaged' });
    expect(readFileSync(file)).toEqual(garbage);
  });

  it('names the folder that cannot be made', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    await expect(start({ dataDir: join(file, 'data') })).rejects.toMatchObject({
      code: 'config-invalid',
      detail: expect.stringContaining(file),
    });
  });

  it('says which TLS file is missing', async () => {
    const tls = { cert: join(folder, 'none.pem'), key: join(folder, 'none.pem') };
    await expect(start({ tls })).rejects.toMatchObject({
      code: 'config-invalid',
      detail: expect.stringContaining('none.pem'),
    });
  });

  it('speaks TLS 1.3 by an authority of its own, and nothing but TLS', async () => {
    const broker = await start();
    const port = Number(new URL(broker.url).port);
    const ca = readFileSync(join(folder, 'keys', 'ca.pem'));
    const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca });
    await once(socket, 'secureConnect');
    expect(socket.getProtocol()).toBe('TLSv1.3');
    socket.write('GET /v1/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toContain('"product":"porthole"');
    socket.destroy();
    await expect(fetch(`http://127.0.0.1:${port}/v1/health`)).rejects.toThrow();
    const old = connect({ port, host: '127.0.0.1', ca, maxVersion: 'TLSv1.2' });
    await expect(once(old, 'secureConnect')).rejects.toMatchObject({
      code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
    });
  });

  it('shows a given certificate, and the next one without a restart', async () => {
    const tls = { cert: join(folder, 'given.pem'), key: join(folder, 'given.key') };
    const give = async () => {
      const authority = await createAuthority(Date.now());
      const issued = await issueCertificate(authority, ['127.0.0.1'], Date.now());
      writeFileSync(tls.cert, issued.chain);
      writeFileSync(tls.key, issued.key);
    };
    const shownBy = async ({ url, caFingerprint }: Broker) => {
      const network = createNodeNetwork();
      const { chain } = await network.introduce(url, AbortSignal.timeout(10_000));
      expect(chain).toContain(caFingerprint);
      return caFingerprint;
    };
    await give();
    const broker = await start({ tls });
    const first = await shownBy(broker);
    await give();
    await broker.reload();
    expect(await shownBy(broker)).not.toBe(first);
    const { db, close } = await openStore({ dataDir: folder });
    const events = await db.selectFrom('audit_events').select('action').execute();
    await close();
    expect(events).toContainEqual({ action: 'broker.certificate-changed' });
  });
});

describe('alone on the command line', () => {
  it.each([
    ['cannot be read', '{', 'The configuration file cannot be read.'],
    ['makes no sense', '{"port": -1}', 'port'],
    ['has an address without TLS', '{"publicOrigins": ["http://a.example"]}', 'publicOrigins'],
  ])('it says that its configuration %s', async (_, text, message) => {
    const file = join(folder, 'broker.json');
    writeFileSync(file, text, { mode: 0o600 });
    const { code, stderr } = await run(['src/broker/main.ts', '--config', file]);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });
});

describe('the store', () => {
  it('is shared with the command line while the broker runs', async () => {
    await start();
    const admin = await openAdmin({ dataDir: folder, cacheDir: folder });
    const { id } = await admin.addPool({
      name: 'Harbour',
      image: 'porthole',
      engine: 'para',
      memoryMb: 256,
      cpus: 1,
    });
    expect(await admin.listPools()).toContainEqual(expect.objectContaining({ id }));
    await admin.close();
  });
});
