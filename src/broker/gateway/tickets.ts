import type { Clock } from '../../contract/clock.ts';
import { type StreamChannel, ticketLifetimeSeconds } from '../../contract/stream.ts';
import type { Actor } from '../audit/actor.ts';
import { hashSecret, randomSecret } from '../identity/secret.ts';

/** What a ticket is good for: one stream of a session, at one terminal, for who asked for it. */
export type TicketBinding = {
  sessionId: string;
  channel: StreamChannel;
  terminalId: string;
  by: Actor;
};

export type Tickets = {
  issue(binding: TicketBinding): string;
  /** Gives what the ticket is bound to, once; null when it is unknown, spent or too old. */
  redeem(ticket: string): TicketBinding | null;
  /** Makes the unspent tickets of a terminal worthless. */
  void(terminalId: string): void;
};

/** Held in memory only: a broker that restarts has no stream that an old ticket could be for. */
export function createTickets(clock: Clock): Tickets {
  // In order of issue, and so of expiry.
  const issued = new Map<string, TicketBinding & { expiresAt: number }>();

  function forgetExpired(): void {
    for (const [hash, { expiresAt }] of issued) {
      if (expiresAt > clock.now()) return;
      issued.delete(hash);
    }
  }

  function forgetWhere(matches: (binding: TicketBinding) => boolean): void {
    for (const [hash, binding] of issued) if (matches(binding)) issued.delete(hash);
  }

  return {
    issue: (binding) => {
      forgetExpired();
      // One open ticket for each stream: a terminal that asks again has no use for the last one.
      forgetWhere(
        ({ sessionId, channel }) => sessionId === binding.sessionId && channel === binding.channel,
      );
      const ticket = randomSecret();
      const expiresAt = clock.now() + ticketLifetimeSeconds * 1000;
      issued.set(hashSecret(ticket), { ...binding, expiresAt });
      return ticket;
    },
    redeem: (ticket) => {
      forgetExpired();
      const hash = hashSecret(ticket);
      const found = issued.get(hash);
      issued.delete(hash);
      if (found === undefined) return null;
      const { expiresAt, ...binding } = found;
      return binding;
    },
    void: (terminalId) => forgetWhere((binding) => binding.terminalId === terminalId),
  };
}
