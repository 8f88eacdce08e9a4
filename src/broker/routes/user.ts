import type { Seats } from '../identity/seats.ts';
import type { Handlers } from './handlers.ts';

export function seatHandlers({
  seats,
}: {
  seats: Pick<Seats, 'lock'>;
}): Pick<Handlers, 'getUser' | 'lock'> {
  return {
    getUser: async ({ caller }) => caller.user,
    lock: ({ caller }) => seats.lock(caller.terminalId, caller.by),
  };
}
