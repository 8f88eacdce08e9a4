import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appOrigin } from '../../src/contract/app-origin.ts';
import { streamPath } from '../../src/contract/broker-api.ts';
import { problem } from '../../src/contract/errors.ts';
import { streamClose, streamProtocol } from '../../src/contract/stream.ts';
import { frame, handshake } from '../fakes/fake-rfb-server.ts';
import { clientHandshake, keyEvent, updateRequest } from '../fakes/fake-stream-client.ts';
import {
  type ListeningBroker,
  startListeningBroker,
  ticketFor,
} from '../fakes/listening-broker.ts';
import { password } from '../fakes/test-broker.ts';
import { settled, until } from '../fakes/until.ts';

let stage: ListeningBroker;
let seat: Awaited<ReturnType<ListeningBroker['seat']>>;

/** What it is shown is nothing that this is about. */
const anyCertificate = { rejectUnauthorized: false };

const idleSeconds = 60;
const sessionSeconds = 300;

beforeEach(async () => {
  stage = await startListeningBroker({ limits: { idleSeconds, sessionSeconds } });
  seat = await stage.seat('ada');
});
afterEach(() => stage.end());

async function openStream() {
  const ticket = await ticketFor(seat.terminal, seat.sessionId);
  const client = await stage.connect(streamPath(seat.sessionId), { ticket }).opened();
  await client.waitFor(handshake.length);
  return client;
}

async function openScreen() {
  const client = await openStream();
  client.webSocket.send(clientHandshake);
  await until('the guest heard the handshake', () => stage.guest.heard.equals(clientHandshake));
  stage.guest.forget();
  return client;
}

describe('the stream', () => {
  it('carries bytes both ways and tells when the screen was drawn', async () => {
    const client = await openScreen();
    const drawing = () =>
      stage.host.latest.state.kind === 'running' &&
      seat.terminal
        .call('getSession', { params: { id: seat.sessionId } })
        .then(({ body }) => JSON.stringify(body).match(/"drawing","state":"(\w+)"/)?.[1]);
    expect(await drawing()).toBe('active');
    client.webSocket.send(updateRequest);
    await until('the guest was asked', () => stage.guest.heard.equals(updateRequest));
    stage.guest.client.write(frame);
    await client.waitFor(handshake.length + frame.length);
    expect(client.received).toEqual(Buffer.concat([handshake, frame]));
    expect(client.webSocket.protocol).toBe(streamProtocol);
    expect(await drawing()).toBe('done');
  });

  it('passes on bytes that come one at a time', async () => {
    const client = await openStream();
    const sent = Buffer.concat([clientHandshake, keyEvent, updateRequest]);
    for (const byte of sent) client.webSocket.send(Buffer.from([byte]));
    await until('the guest heard all', () => stage.guest.heard.length === sent.length);
    expect(stage.guest.heard).toEqual(sent);
  });

  it('accepts the app as its page, and no other', async () => {
    const path = streamPath(seat.sessionId);
    const ticket = await ticketFor(seat.terminal, seat.sessionId);
    const stranger = stage.connect(path, { ticket, origin: 'https://evil.example' });
    expect(await stranger.refused()).toBe(403);
    const app = stage.connect(path, { ticket, origin: appOrigin });
    await app.opened();
  });

  it('is refused where there is no such stream, and to who does not speak it', async () => {
    const nowhere = stage.connect('/v1/sessions/x/streams/screen-1', { ticket: 'x' });
    expect(await nowhere.refused()).toBe(404);
    const other = stage.connect(streamPath(seat.sessionId), { protocols: ['chat'] });
    expect(await other.refused()).toBe(400);
  });
});

describe('a ticket', () => {
  const refusedWith = (sessionId: string, ticket?: string) =>
    stage.connect(streamPath(sessionId), ticket === undefined ? {} : { ticket }).closed;

  it('is good once', async () => {
    const ticket = await ticketFor(seat.terminal, seat.sessionId);
    await stage.connect(streamPath(seat.sessionId), { ticket }).opened();
    expect(await refusedWith(seat.sessionId, ticket)).toBe(streamClose.ticketInvalid);
  });

  it('is good for 30 seconds', async () => {
    const ticket = await ticketFor(seat.terminal, seat.sessionId);
    stage.clock.pass(30_000);
    expect(await refusedWith(seat.sessionId, ticket)).toBe(streamClose.ticketInvalid);
  });

  it('is good for its own session only, and spent by a try on another', async () => {
    const other = await stage.seat('bob');
    const ticket = await ticketFor(other.terminal, other.sessionId);
    expect(await refusedWith(seat.sessionId, ticket)).toBe(streamClose.ticketInvalid);
    expect(await refusedWith(other.sessionId, ticket)).toBe(streamClose.ticketInvalid);
  });

  it('is worth nothing once the session has moved to another terminal', async () => {
    const ticket = await ticketFor(seat.terminal, seat.sessionId);
    const elsewhere = await stage.terminal();
    await elsewhere.signIn('ada', password);
    await elsewhere.call('createSession', { body: { desktopId: seat.desktopId } });
    expect(await refusedWith(seat.sessionId, ticket)).toBe(streamClose.ticketInvalid);
  });

  it('is worth nothing once the terminal is locked, also after it is unlocked', async () => {
    const ticket = await ticketFor(seat.terminal, seat.sessionId);
    await seat.terminal.call('lock');
    await seat.terminal.signIn('ada', password);
    expect(await refusedWith(seat.sessionId, ticket)).toBe(streamClose.ticketInvalid);
    await openStream();
  });

  it('cannot be left out or made up', async () => {
    expect(await refusedWith(seat.sessionId)).toBe(streamClose.ticketInvalid);
    expect(await refusedWith(seat.sessionId, 'A'.repeat(43))).toBe(streamClose.ticketInvalid);
  });
});

describe('the stream ends', () => {
  it('on garbage in place of a greeting', async () => {
    const client = await openStream();
    client.webSocket.send(Buffer.from('SSH-2.0-OpenSSH_9.9\r\n'));
    expect(await client.closed).toBe(streamClose.protocolError);
    expect(stage.guest.heard.length).toBe(0);
  });

  it('on garbage, with nothing of it reaching the guest', async () => {
    const client = await openScreen();
    client.webSocket.send(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    expect(await client.closed).toBe(streamClose.protocolError);
    expect(stage.guest.heard.length).toBe(0);
  });

  it('on text', async () => {
    const client = await openScreen();
    client.webSocket.send('hello');
    expect(await client.closed).toBe(streamClose.protocolError);
  });

  it('on a message that is too large', async () => {
    const client = await openScreen();
    client.webSocket.send(Buffer.alloc(1024 * 1024 + 1));
    expect(await client.closed).toBe(1009);
    await until('the guest was let go', () => stage.guest.client.destroyed);
  });

  it('when the same session is opened again, which goes on', async () => {
    const first = await openScreen();
    const second = await openStream();
    expect(await first.closed).toBe(streamClose.takenOver);
    stage.guest.client.write(frame);
    await second.waitFor(handshake.length + frame.length);
  });

  it('when the session moves to another terminal, before it is opened there', async () => {
    const client = await openScreen();
    const elsewhere = await stage.terminal();
    await elsewhere.signIn('ada', password);
    await elsewhere.call('createSession', { body: { desktopId: seat.desktopId } });
    expect(await client.closed).toBe(streamClose.takenOver);
  });

  it('when another user signs in at the terminal', async () => {
    const client = await openScreen();
    await stage.seat('bob');
    await seat.terminal.signIn('bob', password);
    expect(await client.closed).toBe(streamClose.takenOver);
  });

  it('when the terminal is locked, at which no other can be opened', async () => {
    const client = await openScreen();
    const elsewhere = await stage.seat('bob');
    const ticket = await ticketFor(elsewhere.terminal, elsewhere.sessionId);
    const other = stage.connect(streamPath(elsewhere.sessionId), { ticket });
    await other.waitFor(handshake.length);
    await seat.terminal.call('lock');
    expect(await client.closed).toBe(streamClose.ticketInvalid);
    expect(
      await seat.terminal.call('createTicket', { params: { id: seat.sessionId } }),
    ).toMatchObject({ status: 401, body: { code: 'not-signed-in' } });
    expect(other.webSocket.readyState).toBe(other.webSocket.OPEN);
    expect(seat.machine.state.kind).toBe('running');
  });

  it('soon after the user got a new password, which has to be given to go on', async () => {
    const client = await openScreen();
    await stage.admin.setPassword({ username: 'ada', password: 'another horse' });
    stage.clock.pass(5_000);
    expect(await client.closed).toBe(streamClose.ticketInvalid);
    expect(await seat.terminal.resume()).toMatchObject({
      body: { error_description: 'nothing-to-resume' },
    });
    await seat.terminal.signIn('ada', 'another horse');
    await openStream();
  });

  it('not because its user signed in again, or resumed', async () => {
    const client = await openScreen();
    await seat.terminal.signIn('ada', password);
    await seat.terminal.resume();
    await passTime(client, 30, keyEvent);
    expect(client.webSocket.readyState).toBe(client.webSocket.OPEN);
  });

  it('when the user does nothing for too long, however many frames are asked for', async () => {
    const client = await openScreen();
    await passTime(client, idleSeconds - 1, keyEvent);
    await passTime(client, idleSeconds - 1, updateRequest);
    expect(client.webSocket.readyState).toBe(client.webSocket.OPEN);
    stage.clock.pass(2_000);
    expect(await client.closed).toBe(streamClose.idleLimit);
    // The session runs on.
    await openStream();
  });

  it('when a terminal does not lock itself a minute after it should have', async () => {
    await stage.end();
    stage = await startListeningBroker({ limits: { idleSeconds: 1_800, sessionSeconds } });
    seat = await stage.seat('ada');
    await stage.admin.changePool({ pool: seat.desktopId, policy: { idleLockMinutes: 1 } });
    const client = await openScreen();
    await passTime(client, 119, updateRequest);
    expect(client.webSocket.readyState).toBe(client.webSocket.OPEN);
    stage.clock.pass(2_000);
    expect(await client.closed).toBe(streamClose.idleLimit);
  });

  it('when the time of the session is over', async () => {
    const client = await openScreen();
    await passTime(client, sessionSeconds, keyEvent);
    expect(await client.closed).toBe(streamClose.timeLimit);
    expect(
      await seat.terminal.call('getSession', { params: { id: seat.sessionId } }),
    ).toMatchObject({
      body: { state: 'ended', problem: { code: 'stream-time-limit' } },
    });
  });

  it('when the session ends', async () => {
    const client = await openScreen();
    await seat.terminal.call('endSession', { params: { id: seat.sessionId } });
    expect(await client.closed).toBe(streamClose.sessionEnded);
  });

  it('when the guest is lost', async () => {
    const client = await openScreen();
    stage.guest.client.destroy();
    expect(await client.closed).toBe(streamClose.guestLost);
  });

  it('when the machine fails', async () => {
    const client = await openScreen();
    stage.host.latest.fail(problem('guest-failed'));
    expect(await client.closed).toBe(streamClose.guestLost);
  });

  it('when the broker stops', async () => {
    const client = await openScreen();
    const closing = stage.broker.close('leave');
    expect(await client.closed).toBe(streamClose.brokerStopping);
    await closing;
  });

  it('when the client is silent for two rounds of pings', async () => {
    const client = await openScreen();
    client.webSocket.pause();
    stage.clock.pass(30_000);
    await until('the guest was let go', () => stage.guest.client.destroyed);
  });

  it('soon after its desktop was withdrawn from the user, and the terminal is told why', async () => {
    const client = await openScreen();
    await stage.admin.withdraw({ pool: 'ada', username: 'ada' });
    stage.clock.pass(5_000);
    expect(await client.closed).toBe(streamClose.ticketInvalid);
    const params = { id: seat.sessionId };
    expect(await seat.terminal.call('createTicket', { params })).toMatchObject({
      status: 404,
      body: { code: 'desktop-not-found' },
    });
    expect(seat.machine.state.kind).toBe('running');
    await stage.admin.entitle({ pool: 'ada', username: 'ada' });
    await openStream();
  });

  it('soon after the time of the sign-in is over', async () => {
    await stage.end();
    stage = await startListeningBroker({ limits: { signInSeconds: idleSeconds } });
    seat = await stage.seat('ada');
    const client = await openScreen();
    await passTime(client, idleSeconds, keyEvent);
    expect(await client.closed).toBe(streamClose.ticketInvalid);
    expect(seat.machine.state.kind).toBe('running');
  });

  it('when the terminal was revoked by the command line', async () => {
    const client = await openScreen();
    await stage.admin.revokeTerminal(seat.terminal.id);
    stage.clock.pass(5_000);
    expect(await client.closed).toBe(streamClose.sessionEnded);
  });
});

describe('the audit log', () => {
  async function refusals(code: string) {
    const events = await stage.admin.listAudit({ action: 'request.refused' });
    return events.filter((event) => event.code === code);
  }

  it('tells of a stream once it is open, and of none that only has a ticket', async () => {
    const ticket = await ticketFor(seat.terminal, seat.sessionId);
    expect(await stage.admin.listAudit({ action: 'session.connected' })).toEqual([]);
    await stage.connect(streamPath(seat.sessionId), { ticket }).opened();
    await until('it is on record', async () => {
      const events = await stage.admin.listAudit({ action: 'session.connected' });
      return events.length === 1;
    });
    expect(await stage.admin.listAudit({ action: 'session.connected' })).toMatchObject([
      {
        actor: { kind: 'user', name: 'ada' },
        terminalId: seat.terminal.id,
        target: { kind: 'session', id: seat.sessionId },
      },
    ]);
  });

  it('tells of a ticket that is spent, and of one for another session', async () => {
    const ticket = await ticketFor(seat.terminal, seat.sessionId);
    await stage.connect(streamPath(seat.sessionId), { ticket }).opened();
    await stage.connect(streamPath(seat.sessionId), { ticket }).closed;
    await until('the spent one is on record', async () => {
      const [event] = await refusals('ticket-invalid');
      return event?.actor.kind === 'nobody' && event.address === '127.0.0.1';
    });
    const own = await ticketFor(seat.terminal, seat.sessionId);
    await stage.connect(streamPath(crypto.randomUUID()), { ticket: own }).closed;
    await until('whose it was is on record', async () => {
      const [event] = await refusals('ticket-invalid');
      return event?.actor.name === 'ada' && event.terminalId === seat.terminal.id;
    });
  });

  it('tells of a page that may open none', async () => {
    const ticket = await ticketFor(seat.terminal, seat.sessionId);
    const origin = 'https://evil.example';
    await stage.connect(streamPath(seat.sessionId), { ticket, origin }).refused();
    await until('it is on record', async () => (await refusals('origin-refused')).length === 1);
  });

  it('tells of who speaks an older TLS, or none, and of nobody who only knocks', async () => {
    const port = Number(new URL(stage.broker.url).port);
    const knocking = connectPlain({ port, host: '127.0.0.1' });
    await once(knocking, 'connect');
    knocking.destroy();
    const old = connectTls({ port, host: '127.0.0.1', maxVersion: 'TLSv1.2', ...anyCertificate });
    await once(old, 'error');
    const plain = connectPlain({ port, host: '127.0.0.1' });
    plain.on('error', () => plain.destroy());
    plain.resume().write('GET / HTTP/1.1\r\nHost: broker.example\r\n\r\n');
    await until('both are on record', async () => {
      const events = await refusals('handshake-refused');
      return events.length === 2;
    });
    const reasons = (await refusals('handshake-refused')).map(({ detail }) => detail.reason);
    expect(reasons).toContain('ERR_SSL_HTTP_REQUEST');
  });
});

describe('backpressure', () => {
  it('makes the guest wait for a slow client, and loses nothing', async () => {
    const client = await openScreen();
    client.keeps = false;
    client.webSocket.pause();
    const chunk = Buffer.alloc(1024 * 1024, 7);
    const chunks = 64;
    for (let sent = 0; sent < chunks; sent += 1) stage.guest.client.write(chunk);
    const forwarded = await settled('the relay', () => stage.broker.streams.toClient);
    expect(forwarded).toBeLessThan(16 * 1024 * 1024);
    client.webSocket.resume();
    await client.waitFor(handshake.length + chunks * chunk.length);
    expect(client.length).toBe(handshake.length + chunks * chunk.length);
  });

  it('makes the client wait for a slow guest', async () => {
    stage.guest.reads = false;
    const client = await openStream();
    client.webSocket.send(clientHandshake);
    const cutText = Buffer.alloc(8 + 1024 * 1024 - 8);
    cutText[0] = 6;
    cutText.writeUInt32BE(cutText.length - 8, 4);
    const cutTexts = 32;
    for (let sent = 0; sent < cutTexts; sent += 1) client.webSocket.send(cutText);
    const taken = await settled('the relay', () => stage.broker.streams.toGuest);
    expect(taken).toBeGreaterThan(clientHandshake.length);
    expect(taken).toBeLessThan(8 * 1024 * 1024);
    stage.guest.reads = true;
    const all = clientHandshake.length + cutTexts * cutText.length;
    await until('the guest heard all', () => stage.guest.heard.length >= all);
    const heard = stage.guest.heard;
    expect(heard.subarray(0, clientHandshake.length)).toEqual(clientHandshake);
    const texts = Buffer.concat(Array.from({ length: cutTexts }, () => cutText));
    // Not toEqual, which would look at 32 MiB byte by byte.
    expect(heard.subarray(clientHandshake.length).equals(texts)).toBe(true);
  });
});

/** Lets time pass for a client that keeps sending, and so is never taken for gone. */
async function passTime(
  client: Awaited<ReturnType<typeof openStream>>,
  seconds: number,
  message: Buffer,
): Promise<void> {
  for (let left = seconds; left > 0; left -= 15) {
    client.webSocket.send(message);
    await until('the message arrived', () => stage.guest.heard.length > 0);
    stage.guest.forget();
    stage.clock.pass(Math.min(left, 15) * 1000);
  }
}
