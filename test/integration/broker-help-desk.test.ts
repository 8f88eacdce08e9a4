import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { streamPath } from '../../src/contract/broker-api.ts';
import type { SessionPolicy } from '../../src/contract/session-policy.ts';
import { streamClose } from '../../src/contract/stream.ts';
import { shadowingChannel } from '../../src/contract/stream-channel.ts';
import { frame, handshake } from '../fakes/fake-rfb-server.ts';
import { clientHandshake, keyEvent, updateRequest } from '../fakes/fake-stream-client.ts';
import type { FakeTerminal } from '../fakes/fake-terminal.ts';
import {
  type ListeningBroker,
  startListeningBroker,
  ticketFor,
} from '../fakes/listening-broker.ts';
import { password } from '../fakes/test-broker.ts';
import { textIn } from '../fakes/transport.ts';
import { until } from '../fakes/until.ts';

let stage: ListeningBroker;
let seat: Awaited<ReturnType<ListeningBroker['seat']>>;
/** Somebody of the help desk, whose calls are signed in the name of their own terminal. */
let helper: FakeTerminal;

beforeEach(async () => {
  stage = await startListeningBroker({ limits: { sessionSeconds: 3_600 } });
  seat = await stage.seat('ada');
  await stage.admin.addGroup({ name: 'helpers', roles: ['help desk'] });
  const account = { username: 'hal', displayName: 'Hal Helper', password };
  await stage.admin.addUser({ ...account, groups: ['helpers'] });
  helper = await stage.terminal();
  await helper.signIn('hal', password);
});
afterEach(() => stage.end());

const request = { mode: 'view', reason: 'the printer' } as const;

async function govern(policy: Partial<SessionPolicy>): Promise<void> {
  await stage.admin.changePool({ pool: seat.desktopId, policy });
}

async function openUser() {
  const ticket = await ticketFor(seat.terminal, seat.sessionId);
  const client = await stage.connect(streamPath(seat.sessionId), { ticket }).opened();
  await client.waitFor(handshake.length);
  client.webSocket.send(clientHandshake);
  return client;
}

async function ask(body: object = request) {
  return helper.call('requestShadowing', { params: { id: seat.sessionId }, body });
}

async function answer(shadowing: string, said: 'allow' | 'decline' | 'stop', from = seat.terminal) {
  return from.call('answerShadowing', {
    params: { id: seat.sessionId, shadowing },
    body: { answer: said },
  });
}

async function helperTicket(shadowing: string): Promise<string> {
  const { body } = await helper.call('createShadowingTicket', { params: { id: shadowing } });
  return textIn(body, 'ticket');
}

/** Lets the helper in, who has said hello to the guest. */
async function letIn(mode: 'view' | 'control') {
  const user = await openUser();
  const { body } = await ask({ ...request, mode });
  const id = textIn(body, 'id');
  expect((await answer(id, 'allow')).status).toBe(204);
  const ticket = await helperTicket(id);
  const path = streamPath(seat.sessionId, shadowingChannel);
  stage.guest.forget();
  const client = await stage.connect(path, { ticket }).opened();
  await client.waitFor(handshake.length);
  client.webSocket.send(clientHandshake);
  await until('the guest heard the helper', () => stage.guest.heard.equals(clientHandshake));
  stage.guest.forget();
  return { id, user, client };
}

async function shownTo(terminal: FakeTerminal) {
  const { body } = await terminal.call('getSession', { params: { id: seat.sessionId } });
  return body;
}

describe('a helper', () => {
  it('is asked for by name and reason, and sees nothing before the user has said yes', async () => {
    await openUser();
    const asked = await ask();
    expect(asked).toMatchObject({ status: 201, body: { state: 'requested' } });
    const id = textIn(asked.body, 'id');
    expect(await shownTo(seat.terminal)).toMatchObject({
      shadowing: { id, helper: 'Hal Helper', mode: 'view', reason: 'the printer' },
    });
    expect(await helper.call('createShadowingTicket', { params: { id } })).toMatchObject({
      status: 404,
      body: { code: 'shadowing-not-found' },
    });
    const waiting = helper.call('getShadowing', { params: { id }, query: { past: 'requested' } });
    await answer(id, 'decline');
    expect(await waiting).toMatchObject({ body: { state: 'declined' } });
    expect(await shownTo(seat.terminal)).toMatchObject({ shadowing: null });
    await answer(id, 'allow');
    expect(await helper.call('getShadowing', { params: { id } })).toMatchObject({
      body: { state: 'declined' },
    });
  });

  it('sees what the user sees, and nothing that they send reaches the desktop', async () => {
    const { client } = await letIn('view');
    for (const input of [keyEvent, Buffer.from([5, 1, 0, 9, 0, 9]), Buffer.from([250, 0, 1, 2])]) {
      client.webSocket.send(input);
    }
    client.webSocket.send(updateRequest);
    await until('the guest was asked', () => stage.guest.heard.length > 0);
    expect(stage.guest.heard).toEqual(updateRequest);
    const before = client.length;
    for (const socket of stage.guest.connections) socket.write(frame);
    await client.waitFor(before + frame.length);
  });

  it('uses keyboard and pointer where that was asked for, but no clipboard', async () => {
    const { client } = await letIn('control');
    const cutText = Buffer.from([6, 0, 0, 0, 0, 0, 0, 1, 0x61]);
    client.webSocket.send(cutText);
    client.webSocket.send(keyEvent);
    await until('the guest heard the key', () => stage.guest.heard.length > 0);
    expect(stage.guest.heard).toEqual(keyEvent);
  });

  it('is out at once when the user says so', async () => {
    const { id, user, client } = await letIn('control');
    await answer(id, 'stop');
    expect(await client.closed).toBe(streamClose.shadowingEnded);
    expect(user.webSocket.readyState).toBe(user.webSocket.OPEN);
    expect(await shownTo(seat.terminal)).toMatchObject({ shadowing: null });
  });

  it('is out when nobody sits before the desktop any more', async () => {
    const { user, client } = await letIn('view');
    user.webSocket.close();
    expect(await client.closed).toBe(streamClose.shadowingEnded);
  });

  it('is out for good when the user locks the terminal', async () => {
    const { id, client } = await letIn('view');
    await seat.terminal.call('lock');
    expect(await client.closed).toBe(streamClose.shadowingEnded);
    expect(await helper.call('getShadowing', { params: { id } })).toMatchObject({
      body: { state: 'ended' },
    });
  });

  it('is out when the pool allows it no longer', async () => {
    const { client } = await letIn('view');
    await govern({ shadowing: 'never' });
    await shownTo(seat.terminal);
    expect(await client.closed).toBe(streamClose.shadowingEnded);
    expect(await ask()).toMatchObject({ status: 403, body: { code: 'shadowing-not-allowed' } });
  });

  it('is let in unasked where the policy says so, and the user sees it', async () => {
    await govern({ shadowing: 'tell' });
    await openUser();
    expect(await ask()).toMatchObject({ body: { state: 'active' } });
    expect(await shownTo(seat.terminal)).toMatchObject({ shadowing: { state: 'active' } });
  });

  it('is given up after a minute without an answer', async () => {
    await openUser();
    const { body } = await ask();
    stage.clock.pass(60_000);
    expect(await helper.call('getShadowing', { params: { id: textIn(body, 'id') } })).toMatchObject(
      { body: { state: 'expired' } },
    );
  });

  it('is one at a time', async () => {
    await openUser();
    await ask();
    expect(await ask()).toMatchObject({ status: 409, body: { code: 'change-conflict' } });
  });

  it('leaves a trace', async () => {
    const { id } = await letIn('view');
    await helper.call('endShadowing', { params: { id } });
    await until('all is written', async () => (await actions()).includes('shadowing.ended'));
    expect((await actions()).filter((action) => action.startsWith('shadowing'))).toEqual([
      'shadowing.ended',
      'shadowing.began',
      'shadowing.requested',
    ]);
  });

  async function actions(): Promise<string[]> {
    return (await stage.admin.listAudit({})).map(({ action }) => action);
  }
});

describe('nobody else', () => {
  it('answers for the user', async () => {
    await openUser();
    const { body } = await ask();
    const id = textIn(body, 'id');
    expect(await answer(id, 'allow', helper)).toMatchObject({ status: 404 });
    expect(await helper.call('getShadowing', { params: { id } })).toMatchObject({
      body: { state: 'requested' },
    });
  });

  it('asks to look who has no permission to', async () => {
    await openUser();
    const params = { id: seat.sessionId };
    expect(await seat.terminal.call('requestShadowing', { params, body: request })).toMatchObject({
      status: 403,
      body: { code: 'permission-missing' },
    });
  });

  it('uses the ticket of one stream for the other', async () => {
    await openUser();
    const { body } = await ask();
    const id = textIn(body, 'id');
    await answer(id, 'allow');
    const stolen = await helperTicket(id);
    expect(await stage.connect(streamPath(seat.sessionId), { ticket: stolen }).closed).toBe(
      streamClose.ticketInvalid,
    );
    const own = await ticketFor(seat.terminal, seat.sessionId);
    const path = streamPath(seat.sessionId, shadowingChannel);
    expect(await stage.connect(path, { ticket: own }).closed).toBe(streamClose.ticketInvalid);
  });
});

describe('a message', () => {
  const text = 'The broker is restarted at noon.';

  it('stands with the session until its user has read it', async () => {
    const params = { id: seat.sessionId };
    expect(await helper.call('sendMessage', { params, body: { text } })).toMatchObject({
      status: 204,
    });
    const { body } = await seat.terminal.call('getSession', { params });
    expect(body).toMatchObject({ messages: [{ from: 'Hal Helper', text }] });
    const [, message = ''] = /"messages":\[\{"id":"([^"]+)"/.exec(JSON.stringify(body)) ?? [];
    await seat.terminal.call('markMessageRead', { params: { ...params, message } });
    expect(await shownTo(seat.terminal)).toMatchObject({ messages: [] });
  });

  it('of the command line comes at the next look', async () => {
    await stage.admin.sendMessage(seat.sessionId, text);
    await until('the broker has looked', async () => {
      stage.clock.pass(5_000);
      return JSON.stringify(await shownTo(seat.terminal)).includes(text);
    });
  });

  it('to a session that is over is refused', async () => {
    const params = { id: seat.sessionId };
    await seat.terminal.call('endSession', { params });
    await until('it is over', async () =>
      JSON.stringify(await shownTo(seat.terminal)).includes('"state":"ended"'),
    );
    expect(await helper.call('sendMessage', { params, body: { text } })).toMatchObject({
      body: { code: 'session-ended' },
    });
  });
});
