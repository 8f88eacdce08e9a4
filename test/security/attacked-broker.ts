import { connect } from 'node:tls';
import { vi } from 'vitest';
import { CookieJar } from '../fakes/fake-oauth-client.ts';
import { FakeTerminal } from '../fakes/fake-terminal.ts';
import { startListeningBroker } from '../fakes/listening-broker.ts';
import { password } from '../fakes/test-broker.ts';
import { fetched, type Reply, textIn } from '../fakes/transport.ts';
import { createNodeNetwork } from '../harness/node-network.ts';

export type AttackedBroker = Awaited<ReturnType<typeof startAttackedBroker>>;

/** Until no count of refusals in the audit log is full (see RefusalLog). */
const minuteMs = 61_000;
/** Until no device code waits any more, nor anybody who asked for too many. */
const restMs = 11 * 60_000;

/** A broker on real sockets with real TLS, and what an attacker does to it. */
export async function startAttackedBroker() {
  const listening = await startListeningBroker();
  const { admin, broker, clock } = listening;
  // oidc-provider takes the time from nowhere else.
  const date = vi.spyOn(Date, 'now').mockImplementation(() => clock.now());
  const network = createNodeNetwork();
  network.pin(broker.url, [broker.caFingerprint]);
  const send = fetched(broker.url, network.browse);
  let people = 0;

  /** A terminal with a key that the broker has never seen. */
  async function stranger(): Promise<FakeTerminal> {
    const made = await FakeTerminal.create({ clock, origin: broker.url, send });
    // One less reason to be refused. To ask for a nonce is not on record as a refusal.
    const { headers } = await made.callOnce('getTerminal', { token: 'a'.repeat(43) });
    made.nonce = String(headers['dpop-nonce']);
    return made;
  }

  /** A person who is not told apart from others by anything but their name. */
  async function person(groups: string[] = []): Promise<{ id: string; username: string }> {
    people += 1;
    const username = `person-${people}`;
    const { id } = await admin.addUser({ username, displayName: username, password, groups });
    return { id, username };
  }

  /** A browser that is signed in at the broker's pages. */
  async function signedIn(username: string): Promise<CookieJar> {
    const jar = new CookieJar();
    const { oauth } = await stranger();
    const page = await oauth.follow('/account', jar);
    const answer = await oauth.follow(page.path, jar, { username, password });
    if (answer.path !== '/account') throw new Error(`not signed in but at ${answer.path}`);
    return jar;
  }

  return {
    ...listening,
    password,
    person,
    send,
    signedIn,
    stranger,
    origin: broker.url,

    /** Somebody at an enrolled terminal of their own, without a session. */
    async seated(groups: string[] = []) {
      const user = await person(groups);
      const terminal = await listening.terminal();
      const { status } = await terminal.signIn(user.username, password);
      if (status !== 200) throw new Error(`${user.username} is not signed in: ${status}`);
      return { terminal, user };
    },

    /** Somebody at work on a desktop of their own. */
    async working() {
      people += 1;
      return listening.seat(`worker-${people}`);
    },

    /** A request as it is, byte by byte. */
    raw: (head: string, body = '', end = true): Promise<Reply> =>
      exchange(Number(new URL(broker.url).port), head, body, end),

    /** A terminal that waits to be approved. */
    async waiting() {
      const terminal = await stranger();
      const { body } = await terminal.oauth.requestEnrollment();
      return {
        terminal,
        userCode: textIn(body, 'user_code'),
        deviceCode: textIn(body, 'device_code'),
      };
    },

    /** Lets the count of refusals fade, so that each attack is the first. */
    forget(): void {
      clock.pass(minuteMs);
    },

    /** Lets everything fade that anybody is held to. */
    rest(): void {
      clock.pass(restMs);
    },

    async end(): Promise<void> {
      await network.dispose();
      date.mockRestore();
      await listening.end();
    },
  };
}

/** Writes a request to a socket of its own, and reads until it is closed. */
async function exchange(port: number, head: string, body: string, end: boolean): Promise<Reply> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  // A reset is a way to be closed.
  socket.on('error', () => socket.destroy());
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const lines = [...head.split('\n'), ...(end ? ['Connection: close'] : [])];
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  await closed;
  const raw = Buffer.concat(chunks);
  const text = raw.toString();
  const json = text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1);
  return {
    status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0),
    headers: {},
    raw,
    body: text.includes('application/json') ? JSON.parse(json) : text,
  };
}
