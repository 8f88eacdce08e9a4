import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/contract/clock.ts';
import type { Host } from '../../src/desktops/engine.ts';
import { createNetworks } from '../../src/desktops/network/create-networks.ts';
import type { Networks } from '../../src/desktops/network/networks.ts';
import { silentLog } from '../unit/src/desktops/silent-log.ts';
import { ConfinedPlace } from './confined-place.ts';
import { builtImage, Fixture, reaches, spec } from './desktops-fixture.ts';

let folder: string;
let allowed: Server;
let forbidden: Server;
let seen: { method: string; url: string; headers: string[]; body: string }[];
let refused: string[];
let networks: Networks;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'network-'));
  await chmod(folder, 0o755);
  allowed = await listening(async (request) => {
    seen.push({
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.rawHeaders,
      body: await text(request),
    });
    return 'let through';
  });
  forbidden = await listening(async () => 'never to be seen');
});

afterAll(async () => {
  allowed.close();
  forbidden.close();
  await rm(folder, { recursive: true });
});

afterEach(() => networks.dispose());

async function listening(answer: (request: IncomingMessage) => Promise<string>): Promise<Server> {
  const server = createServer((request, response) => {
    void answer(request).then((said) => response.end(said));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : expect.unreachable();
}

/** Opens the network of a machine that may reach the allowed server, and what is given. */
async function open(machineId: string, ...more: string[]): Promise<string> {
  refused = [];
  seen = [];
  networks = createNetworks({
    clock: systemClock,
    log: silentLog,
    onRefused: (_, destination) => refused.push(destination),
    lookup: async (host) => {
      if (host === 'rebound.example') return ['127.0.0.1'];
      if (host === 'listed-too.example') return ['10.0.0.1', '127.0.0.1'];
      throw new Error('no such host');
    },
  });
  const socket = join(folder, `${machineId}.sock`);
  await networks.open(machineId, policy(...more), socket);
  return socket;
}

function policy(...more: string[]) {
  const destinations = [`127.0.0.1:${portOf(allowed)}`, ...more];
  return { kind: 'allowed' as const, destinations };
}

/** Sends bytes as they are, and collects the answer until its end. */
async function raw(socket: string, bytes: string): Promise<string> {
  const connection = connect(socket);
  connection.write(bytes);
  return await text(connection);
}

describe('the way out of a guest', () => {
  it('lets a plain request through, and says nothing of the way', async () => {
    const socket = await open('plain');
    const port = portOf(allowed);
    const body = 'name=value';
    const answer = await raw(
      socket,
      `POST http://127.0.0.1:${port}/path?query HTTP/1.1\r\nHost: elsewhere.example\r\nX-Own: 1\r\n` +
        'Connection: close, X-Hop\r\nX-Hop: 1\r\nProxy-Authorization: Basic c2VjcmV0\r\n' +
        `Content-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n.*let through/s);
    expect(seen).toEqual([
      {
        method: 'POST',
        url: '/path?query',
        headers: [
          ...['host', `127.0.0.1:${port}`, 'connection', 'close'],
          ...['X-Own', '1', 'Content-Length', String(body.length)],
        ],
        body,
      },
    ]);
  });

  it('lets a tunnel through, in both directions, and ends each with the other', async () => {
    const echo = createTcpServer({ allowHalfOpen: true }, (connection) => {
      connection.pipe(connection);
    });
    await once(echo.listen(0, '127.0.0.1'), 'listening');
    const socket = await open('tunnel', `127.0.0.1:${portOf(echo)}`);
    const long = 'x'.repeat(1_000_000);
    const tunnel = connect({ path: socket, allowHalfOpen: true });
    tunnel.end(`CONNECT 127.0.0.1:${portOf(echo)} HTTP/1.1\r\nHost: x\r\n\r\n${long}`);
    const answer = await text(tunnel);
    expect(answer).toBe(`HTTP/1.1 200 Connection established\r\n\r\n${long}`);
    echo.close();
  });

  it.each([
    ['another port', () => `127.0.0.1:${portOf(forbidden)}`],
    ['another name for it', () => `localhost:${portOf(allowed)}`],
    ['another way to write it', () => `2130706433:${portOf(allowed)}`],
    ['octal', () => `0177.0.0.1:${portOf(allowed)}`],
    ['a name that leads inwards', () => 'rebound.example:80'],
    ['the address behind that name', () => '127.0.0.1:80'],
  ])('refuses %s', async (_, destination) => {
    const socket = await open('refusing', 'rebound.example:80');
    const answer = await raw(socket, `CONNECT ${destination()} HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
    expect(answer).toContain('Ask your administrator');
    expect(refused).toEqual([destination()]);
  });

  it('refuses the same of plain requests', async () => {
    const socket = await open('refusing-plain', 'rebound.example:80');
    for (const host of [`127.0.0.1:${portOf(forbidden)}`, 'rebound.example', '[::1]']) {
      const answer = await raw(socket, `GET http://${host}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    }
    expect(seen).toEqual([]);
  });

  it('follows a name inwards where the address is listed as well', async () => {
    const port = portOf(allowed);
    const socket = await open('listed-too', `listed-too.example:${port}`);
    const answer = await raw(
      socket,
      `GET http://listed-too.example:${port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toContain('let through');
  });

  it.each([
    ['no proxy request', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['https in the clear', 'GET https://a.example/ HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a name and password', 'GET http://a:b@a.example/ HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a tunnel to a path', 'CONNECT /etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['no port', 'CONNECT a.example HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['no HTTP at all', 'SSH-2.0-OpenSSH\r\n\r\n', 400],
    [
      'headers without end',
      `GET http://a.example/ HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
    ],
    [
      'two lengths',
      'POST http://a.example/ HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    [
      'a header folded by a bare line feed',
      'GET http://a.example/ HTTP/1.1\r\nHost: x\r\nX: 1\n\nGET /hidden HTTP/1.1\r\n\r\n',
      400,
    ],
  ])('answers %s as what it is', async (_, bytes, status) => {
    expect(await raw(await open('malformed'), bytes)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(seen).toEqual([]);
  });

  it('frames a body itself, so that none hides a request of its own', async () => {
    const socket = await open('smuggling');
    const hidden = 'GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n';
    const answer = await raw(
      socket,
      `GET http://127.0.0.1:${portOf(allowed)}/shown HTTP/1.1\r\nHost: x\r\nConnection: close\r\n` +
        `Transfer-Encoding: chunked\r\n\r\n${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`,
    );
    expect(answer).toContain('let through');
    expect(seen).toMatchObject([{ url: '/shown', body: hidden }]);
  });

  it('says so when the host is not there', async () => {
    const gone = createTcpServer();
    await once(gone.listen(0, '127.0.0.1'), 'listening');
    const port = portOf(gone);
    gone.close();
    const socket = await open('unreachable', `127.0.0.1:${port}`, 'unknown.example:80');
    for (const destination of [`127.0.0.1:${port}`, 'unknown.example:80']) {
      const answer = await raw(socket, `CONNECT ${destination} HTTP/1.1\r\nHost: x\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 502 /);
    }
  });

  it('notes a destination once, however often it is asked for', async () => {
    const socket = await open('noted');
    for (let times = 0; times < 5; times += 1) {
      await raw(socket, 'CONNECT a.example:443 HTTP/1.1\r\nHost: x\r\n\r\n');
    }
    expect(refused).toEqual(['a.example:443']);
  });

  it('is cut where a new policy no longer goes', async () => {
    const echo = createTcpServer((connection) => connection.pipe(connection));
    await once(echo.listen(0, '127.0.0.1'), 'listening');
    const destination = `127.0.0.1:${portOf(echo)}`;
    const socket = await open('changed', destination);
    const tunnel = connect(socket);
    tunnel.write(`CONNECT ${destination} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await once(tunnel, 'data');
    await networks.open('changed', policy(), socket);
    await once(tunnel, 'close');
    const again = await raw(socket, `CONNECT ${destination} HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(again).toMatch(/^HTTP\/1\.1 403 /);
    echo.close();
  });

  it('is gone with its socket and all its connections', async () => {
    const socket = await open('closed');
    const idle = connect(socket);
    await once(idle, 'connect');
    await networks.close('closed');
    await once(idle, 'close');
    expect(await readdir(folder)).not.toContain('closed.sock');
    expect(await networks.open('closed', { kind: 'none' }, socket)).toBeNull();
  });

  it('takes the place of what an earlier broker left', async () => {
    const socket = await open('adopted');
    const earlier = networks;
    const port = portOf(allowed);
    await open('adopted');
    const answer = await raw(
      socket,
      `GET http://127.0.0.1:${port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toContain('let through');
    await earlier.dispose();
  });
});

const isRoot = process.getuid?.() === 0;

describe.each([...(isRoot ? [0] : []), isRoot ? 65_534 : (process.getuid?.() ?? 0)])(
  'a confined program, whose broker is user %i',
  (uid) => {
    it('reaches what is listed through the proxy, and nothing besides', async () => {
      const place = new ConfinedPlace(folder, uid);
      const reach = await place.reach('client');
      const [home = ''] = reach.writable;
      await open('unused');
      const proxySocket = join(home, 'proxy');
      await networks.open('client', policy(), proxySocket);
      if (uid !== 0) await place.own(proxySocket);
      const url = (server: Server) => `http://127.0.0.1:${portOf(server)}/`;
      const { stdout, stderr } = await place.sh(
        `export http_proxy=http://127.0.0.1:3128
        curl -sS ${url(allowed)}; echo
        curl -sS -p ${url(allowed)}; echo
        curl -sS -o /dev/null -w '%{http_code}\\n' ${url(forbidden)}
        curl -sS -p -o /dev/null -w '%{http_connect}\\n' ${url(forbidden)}
        curl -sS --noproxy '*' ${url(allowed)}
        curl -sS --noproxy '*' http://192.0.2.1/`,
        { ...reach, proxySocket },
      );
      expect(stdout).toBe('let through\nlet through\n403\n403\n');
      expect(stderr).toMatch(/Failed to connect to 127\.0\.0\.1.*192\.0\.2\.1/s);
      expect(await stat(proxySocket)).toMatchObject({ uid: (await stat(home)).uid });
    });
  },
);

describe.each([
  { engine: 'para', proxy: 'http://10.0.2.2:3128' },
  { engine: 'os-level', proxy: 'http://127.0.0.1:3128' },
] as const)('a guest of the engine $engine', ({ engine, proxy }) => {
  let fixture: Fixture;
  let host: Host;

  beforeAll(async () => {
    fixture = await Fixture.make();
    host = await fixture.host();
  });

  afterAll(async () => {
    await host.dispose();
    await fixture.dispose();
  });

  it('reaches what is listed, and nothing besides, under the next broker too', async () => {
    await open('unused');
    const { id } = host.start({ ...spec(builtImage, engine), network: policy() }).spec;
    await reaches(host.find(id) ?? expect.unreachable(), 'running');
    await expectListedOnly(host, id, proxy);

    await host.shutDown('leave');
    host = await fixture.host();
    const { adopted } = await host.adopt(new Set([id]));
    expect(adopted.map((machine) => machine.spec.id)).toEqual([id]);
    await expectListedOnly(host, id, proxy);
  });
});

async function expectListedOnly(host: Host, id: string, proxy: string): Promise<void> {
  const url = (server: Server) => `http://127.0.0.1:${portOf(server)}/`;
  const viaProxy = `http_proxy=${proxy} no_proxy= curl -s`;
  const machine = host.find(id) ?? expect.unreachable();
  // Its network card may be set up only after the desktop was painted.
  const sh = async (script: string) =>
    String((await machine.agent().run(['/bin/sh', '-c', script])).stdout);
  const get = () => sh(`${viaProxy} ${url(allowed)}`);
  await expect.poll(get, { timeout: 60_000 }).toBe('let through');
  const status = `-o /dev/null -w '%{http_code}'`;
  expect(await sh(`${viaProxy} ${status} ${url(forbidden)}`)).toBe('403');
  // Without the proxy: the host by the name that QEMU has for it, its own address, and outside.
  for (const place of ['10.0.2.2', '127.0.0.1']) {
    const direct = `http://${place}:${portOf(allowed)}/`;
    expect(await sh(`curl -s --noproxy '*' -m 5 ${status} ${direct}`)).toBe('000');
  }
  expect(await sh(`curl -s --noproxy '*' -m 5 ${status} http://192.0.2.1/`)).toBe('000');
}
