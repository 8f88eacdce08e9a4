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
import { systemClock } from '../../src/contract/clock.ts';
import { FakeHost } from '../fakes/fake-host.ts';
import { FakeTerminal, fetched } from '../fakes/fake-terminal.ts';

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
    openHost: async () => host,
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
    expect(broker.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const reply = await fetch(new URL('/v1/health', broker.url));
    expect(await reply.json()).toMatchObject({ status: 'ok', product: 'porthole' });
  });

  it('says that the port is in use, and leaves the desktops as they were', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const host = new FakeHost({ bootsAtOnce: true });
    const machine = host.start({ id: 'x', image: 'i', engine: 'para', memoryMb: 1, cpus: 1 });
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

  it('speaks TLS 1.3 where it is given a certificate', async () => {
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const made = spawn(
      'openssl',
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
        .concat(['-days', '1', '-keyout', key, '-out', cert])
        .concat(subject),
    );
    await once(made, 'close');
    const broker = await start({ tls: { cert, key } });
    expect(broker.url).toMatch(/^https:/);
    const { port } = new URL(broker.url);
    const ca = readFileSync(cert);
    const socket = connect({ port: Number(port), host: '127.0.0.1', servername: 'localhost', ca });
    await once(socket, 'secureConnect');
    expect(socket.getProtocol()).toBe('TLSv1.3');
    socket.write('GET /v1/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toContain('"product":"porthole"');
    socket.destroy();
  });

  it('takes proofs for the address it listens at only', async () => {
    const broker = await start();
    const { port } = new URL(broker.url);
    const terminalAt = (origin: string) =>
      FakeTerminal.create({ clock: systemClock, origin, send: fetched(broker.url) });
    const body = { code: 'AAAA-AAAA', name: 'x' };
    const own = await terminalAt(`http://localhost:${port}`);
    expect(await own.call('enroll', { body })).toMatchObject({
      body: { code: 'enrollment-code-wrong' },
    });
    const evil = await terminalAt('http://evil.example');
    expect(await evil.call('enroll', { body })).toMatchObject({ body: { code: 'proof-invalid' } });
  });
});

describe('alone on the command line', () => {
  it.each([
    ['cannot be read', '{', 'The configuration file cannot be read.'],
    ['makes no sense', '{"port": -1}', 'port'],
    ['opens it to the network without TLS', '{"host": "0.0.0.0"}', 'tls'],
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
  it('has all that was acknowledged after a SIGKILL in the middle of writing', async () => {
    const writer = join(folder, 'writer.mjs');
    const store = JSON.stringify(new URL('../../src/broker/store/store.ts', import.meta.url).href);
    writeFileSync(
      writer,
      `import { openStore } from ${store};
       const { db } = openStore(${JSON.stringify(folder)});
       for (let n = 0; ; n += 1) {
         const row = { id: String(n), username: String(n), display_name: '', password_hash: '' };
         await db.insertInto('users').values({ ...row, created_at: n }).execute();
         process.stdout.write(n + '\\n');
       }`,
    );
    const child = spawn(process.execPath, [writer], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (bytes) => {
      said += bytes;
      if (said.length > 200) child.kill('SIGKILL');
    });
    await once(child, 'close');
    const acknowledged = said.slice(0, said.lastIndexOf('\n')).split('\n').length;
    const { db, close } = openStore(folder);
    const users = await db.selectFrom('users').select('id').execute();
    await close();
    expect(acknowledged).toBeGreaterThan(50);
    expect(users.length).toBeGreaterThanOrEqual(acknowledged);
  });

  it('is shared with the command line while the broker runs', async () => {
    const broker = await start();
    const admin = openAdmin({ dataDir: folder });
    const { code } = await admin.issueEnrollmentCode();
    const terminal = await FakeTerminal.create({
      clock: systemClock,
      origin: broker.url,
      send: fetched(broker.url),
    });
    expect(await terminal.enroll(code)).toMatchObject({ status: 201 });
    expect(await admin.listTerminals()).toHaveLength(1);
    await admin.close();
  });
});
