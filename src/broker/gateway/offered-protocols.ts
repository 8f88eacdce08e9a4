import { streamProtocol, ticketProtocolPrefix } from '../../contract/stream.ts';

/** The ticket among the subprotocols that a client offers; null without one, or with two. */
export function ticketOf(header: string | undefined): string | null {
  const tickets = offered(header).filter((protocol) => protocol.startsWith(ticketProtocolPrefix));
  const [ticket] = tickets;
  if (ticket === undefined || tickets.length > 1) return null;
  return ticket.slice(ticketProtocolPrefix.length);
}

/** Whether the client speaks our stream at all. */
export function offersStream(header: string | undefined): boolean {
  return offered(header).includes(streamProtocol);
}

function offered(header: string | undefined): string[] {
  return (header ?? '').split(',').map((protocol) => protocol.trim());
}
