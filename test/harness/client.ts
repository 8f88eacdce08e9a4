import { systemClock } from '../../src/contract/clock.ts';
import type { Session } from '../../src/contract/session.ts';
import { type BrokerClient, createBrokerClient } from '../../src/terminal/broker-client.ts';
import { createDeviceKey, type PrivateKey } from '../../src/terminal/device-key.ts';
import type { TestBroker } from './broker.ts';

/** A terminal without a screen, signed in: for what has to be measured without the app. */
export type SignedIn = { client: BrokerClient; key: PrivateKey; token: string };

export async function signIn(
  broker: TestBroker,
  user: { username: string; password: string },
): Promise<SignedIn> {
  const client = createBrokerClient(broker.url, { fetch, clock: systemClock });
  const key = await createDeviceKey();
  const { code } = await broker.admin((admin) => admin.issueEnrollmentCode());
  const { refreshToken } = await client.call('enroll', {
    key,
    token: null,
    body: { code, name: 'Bench' },
  });
  const { accessToken } = await client.call('signIn', {
    key,
    token: refreshToken,
    body: { grant: 'password', username: user.username, password: user.password },
  });
  return { client, key, token: accessToken };
}

/** Starts a session on the user's first desktop and waits until its desktop is painted. */
export async function startSession({ client, ...signed }: SignedIn): Promise<Session> {
  const { desktops } = await client.call('listDesktops', signed);
  const desktopId = desktops[0]?.id ?? '';
  let session = await client.call('createSession', { ...signed, body: { desktopId } });
  while (session.state === 'starting') {
    const { id, revision } = session;
    const call = { ...signed, params: { id }, query: { after: revision } };
    session = await client.call('getSession', call);
  }
  if (session.state !== 'running') throw new Error(`the session is ${session.state}`);
  return session;
}
