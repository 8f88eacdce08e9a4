import type { Session } from '../../../src/contract/session.ts';
import type { BrokerClient } from '../../../src/terminal/broker-client.ts';
import { requestStream } from '../../../src/terminal/session-calls.ts';
import { RfbViewer } from './rfb-viewer.ts';

/** A user at a terminal. `authority`: PEM that the broker's certificate is traced to. */
export type DesktopUser = { client: BrokerClient; authority: string };

/** Milliseconds since the wish for the desktop, which is the first call. */
export type Way = {
  /** The broker has answered with a session. */
  accepted: number;
  /** The session was seen to run. */
  running: number;
  /** There is a ticket for the stream. */
  ticket: number;
  /** A picture that is not of one colour was received whole. */
  painted: number;
};

/** A desktop that is seen, and how long each part of the way to it took. */
export type Connected = { session: Session; viewer: RfbViewer; way: Way };

const never = new AbortController().signal;

/** Goes to a desktop as a terminal does, up to its first picture. @throws when the session fails */
export async function connect(user: DesktopUser, desktopId: string): Promise<Connected> {
  const { client, authority } = user;
  const began = performance.now();
  const since = (): number => performance.now() - began;
  const created = await client.call('createSession', { body: { desktopId } });
  const accepted = since();
  const session = await past(client, created, 'starting');
  if (session.state !== 'running') {
    throw new Error(`the session is ${session.state}: ${session.problem?.detail ?? ''}`);
  }
  const running = since();
  const { url, protocols } = await requestStream(client, session.id, 'screen-1', never);
  const ticket = since();
  const viewer = RfbViewer.open({ url, protocols, authority });
  const painted = (await viewer.painted) - began;
  return { session, viewer, way: { accepted, running, ticket, painted } };
}

/** Stops looking, and resolves when the desktop was suspended for want of a viewer. */
export async function leaveToSleep(
  { client }: DesktopUser,
  { session, viewer }: Connected,
): Promise<void> {
  await viewer.dispose();
  const left = await past(client, session, 'running');
  if (left.state !== 'suspended') throw new Error(`the session is ${left.state}, not suspended`);
}

/** Ends the session, and resolves when all that it held is freed. */
export async function end({ client }: DesktopUser, { session, viewer }: Connected): Promise<void> {
  await viewer.dispose();
  await past(client, await client.call('endSession', { params: { id: session.id } }), 'ending');
}

/** The session once it is in another state, by long polls. */
async function past(
  client: BrokerClient,
  session: Session,
  state: Session['state'],
): Promise<Session> {
  let now = session;
  while (now.state === state) {
    const { id, revision } = now;
    now = await client.call('getSession', { params: { id }, query: { after: revision } });
  }
  return now;
}
