import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { problemSchema } from '../../src/contract/errors.ts';
import { FakeTerminal } from '../fakes/fake-terminal.ts';
import { startTestBroker, type TestBroker } from '../fakes/test-broker.ts';
import { fetched } from '../fakes/transport.ts';

/** In place of the broker's half minute. */
const requestTimeoutMs = 500;

let broker: TestBroker;
let port: number;
const sockets: Socket[] = [];
beforeEach(async () => {
  broker = await startTestBroker();
  broker.app.server.requestTimeout = requestTimeoutMs;
  // Node takes the shorter of the two for that of the headers.
  broker.app.server.headersTimeout = requestTimeoutMs;
  await broker.app.listen({ host: '127.0.0.1', port: 0 });
  const address = broker.app.server.address();
  if (typeof address !== 'object' || address === null) throw new Error('not a port');
  port = address.port;
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await broker.end();
});

/** A connection that says what it likes, and all that it hears until it is closed. */
function open(): { socket: Socket; heard: Promise<string> } {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  // A reset is a way to be closed.
  socket.on('error', () => socket.destroy());
  let heard = '';
  socket.on('data', (bytes) => {
    heard += bytes;
  });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  return { socket, heard: closed.then(() => heard) };
}

/** The head of a request that has a body, signed by a terminal that is not enrolled. */
async function enrollmentHead(): Promise<string> {
  const terminal = await broker.newTerminal();
  const path = '/v1/enrollments';
  return [
    `POST ${path} HTTP/1.1`,
    'Host: broker.example',
    'Content-Type: application/json',
    `DPoP: ${await terminal.proof('POST', path, null)}`,
    '',
  ].join('\r\n');
}

/** The broker still does its work. */
async function healthOf() {
  const origin = `http://127.0.0.1:${port}`;
  const deps = { clock: broker.clock, origin, send: fetched(origin) };
  return (await FakeTerminal.create(deps)).call('health');
}

describe('a broker on a real socket', () => {
  it('stops listening to a body that goes on and on, with no length to warn of it', async () => {
    const { socket, heard } = open();
    socket.write(`${await enrollmentHead()}Transfer-Encoding: chunked\r\n\r\n`);
    const chunk = Buffer.alloc(16 * 1024, 'x');
    for (let sent = 0; sent < 8; sent += 1) {
      socket.write(`${chunk.length.toString(16)}\r\n${chunk}\r\n`);
    }
    const answer = await heard;
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    const problem = problemSchema.parse(JSON.parse(answer.slice(answer.indexOf('{'))));
    expect(problem.code).toBe('body-too-large');
    expect(await healthOf()).toMatchObject({ status: 200 });
  });

  it('refuses headers that are too large', async () => {
    const { socket, heard } = open();
    socket.write(`GET /v1/health HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(64 * 1024)}`);
    expect(await heard).toMatch(/^HTTP\/1\.1 431 /);
    expect(await healthOf()).toMatchObject({ status: 200 });
  });

  it('refuses what is not HTTP', async () => {
    const { socket, heard } = open();
    socket.write('SSH-2.0-OpenSSH_9.9\r\n\r\n');
    expect(await heard).toMatch(/^HTTP\/1\.1 400 /);
    expect(await healthOf()).toMatchObject({ status: 200 });
  });

  it('does not wait for ever for a body that trickles in', async () => {
    const head = await enrollmentHead();
    const { socket, heard } = open();
    socket.write(`${head}Content-Length: 60000\r\n\r\n`);
    const trickle = setInterval(() => socket.writable && socket.write(' '), 20);
    const answer = await heard.finally(() => clearInterval(trickle));
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(await healthOf()).toMatchObject({ status: 200 });
  });

  it('does not wait for ever for headers that trickle in', async () => {
    const { socket, heard } = open();
    socket.write('GET /v1/health HTTP/1.1\r\nX-Slow: ');
    const trickle = setInterval(() => socket.writable && socket.write('x'), 20);
    const answer = await heard.finally(() => clearInterval(trickle));
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });
});
