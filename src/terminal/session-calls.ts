import type { Session } from '../contract/session.ts';
import { streamProtocol, ticketProtocolPrefix } from '../contract/stream.ts';
import type { StreamGrant } from '../contract/terminal.ts';
import type { BrokerClient } from './broker-client.ts';

/** Waits for news of a session that is not what is known of it. */
export function followSession(
  client: BrokerClient,
  { id, revision }: Session,
  signal: AbortSignal,
): Promise<Session> {
  return client.call('getSession', { params: { id }, query: { after: revision }, signal });
}

/** Asks for a ticket, and says how to open the stream with it. */
export async function requestStream(
  client: BrokerClient,
  sessionId: string,
  number: number,
  signal: AbortSignal,
): Promise<StreamGrant> {
  const call = { params: { id: sessionId }, signal };
  const { ticket, path } = await client.call('createTicket', call);
  const url = new URL(path, client.origin);
  url.protocol = 'wss:';
  return {
    number,
    url: url.href,
    protocols: [streamProtocol, `${ticketProtocolPrefix}${ticket}`],
  };
}
