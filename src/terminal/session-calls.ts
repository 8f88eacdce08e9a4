import { type Clock, pause } from '../contract/clock.ts';
import type { Session } from '../contract/session.ts';
import { type StreamChannel, streamProtocol, ticketProtocolPrefix } from '../contract/stream.ts';
import type { StreamOffer } from '../contract/terminal.ts';
import type { BrokerClient } from './broker-client.ts';

/** Waits for news of a session that is not what is known of it. */
export function followSession(
  client: BrokerClient,
  { id, revision }: Session,
  signal: AbortSignal,
): Promise<Session> {
  return client.call('getSession', { params: { id }, query: { after: revision }, signal });
}

/** Between two looks at a session, so that a broker which answers at once is not asked at once. */
const lookMs = 5_000;

/**
 * Waits for news of a session whose picture is there. What goes wrong meanwhile is nobody's trouble:
 * the stream has its own word for it.
 */
export async function watchSession(
  client: BrokerClient,
  known: Session,
  clock: Clock,
  signal: AbortSignal,
): Promise<Session> {
  for (;;) {
    const seen = await followSession(client, known, signal).catch(() => known);
    if (seen.revision > known.revision) return seen;
    await pause(clock, lookMs, signal);
  }
}

/** Asks for a ticket, and says how to open the stream with it. */
export async function requestStream(
  client: BrokerClient,
  sessionId: string,
  channel: StreamChannel,
  signal: AbortSignal,
): Promise<StreamOffer> {
  const call = { params: { id: sessionId }, query: { channel }, signal };
  const { ticket, path, idleSeconds } = await client.call('createTicket', call);
  const url = new URL(path, client.origin);
  url.protocol = 'wss:';
  return {
    url: url.href,
    protocols: [streamProtocol, `${ticketProtocolPrefix}${ticket}`],
    idleSeconds,
  };
}
