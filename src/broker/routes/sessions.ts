import { streamPath } from '../../contract/broker-api.ts';
import { CodedError } from '../../contract/errors.ts';
import { ticketLifetimeSeconds } from '../../contract/stream.ts';
import type { Machine } from '../../desktops/engine.ts';
import type { Tickets } from '../gateway/tickets.ts';
import type { Messages } from '../help-desk/messages.ts';
import type { Shadowings } from '../help-desk/shadowings.ts';
import type { Callers } from '../identity/callers.ts';
import type { Pictures } from '../sessions/pictures.ts';
import { fitScreen } from '../sessions/screen-fit.ts';
import type { Seat } from '../sessions/seat.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { Handlers } from './handlers.ts';

type Deps = {
  sessions: Sessions;
  tickets: Tickets;
  pictures: Pictures;
  limits: { idleSeconds: number };
  shadowings: Pick<Shadowings, 'answer'>;
  messages: Pick<Messages, 'markRead'>;
  /** Brings messages to sessions at once. */
  tellMessages(): Promise<void>;
};

type SessionRoutes =
  | 'createSession'
  | 'getSession'
  | 'endSession'
  | 'createTicket'
  | 'answerShadowing'
  | 'markMessageRead'
  | 'fitScreen'
  | 'sessionPicture';

export function sessionHandlers(deps: Deps): Pick<Handlers, SessionRoutes> {
  const { sessions, tickets, pictures, limits } = deps;
  return {
    createSession: ({ body, caller }) => sessions.start(seatOf(caller), body.desktopId, caller.by),

    getSession: ({ params, query, caller, signal }) =>
      query.after === undefined
        ? sessions.get(caller.user.id, params.id)
        : sessions.waitAbove(caller.user.id, params.id, query.after, signal),

    endSession: ({ params, caller }) => sessions.end(caller.user.id, params.id, caller.by),

    createTicket: async ({ params, query, caller }) => {
      const seat = seatOf(caller);
      const { id: sessionId } = params;
      const { channel } = query;
      await sessions.claim(seat, sessionId);
      return {
        ticket: tickets.issue({
          ...{ sessionId, channel },
          terminalId: seat.terminalId,
          by: caller.by,
        }),
        path: streamPath(sessionId, channel),
        expiresInSeconds: ticketLifetimeSeconds,
        idleSeconds: limits.idleSeconds,
      };
    },

    answerShadowing: async ({ params, body, caller }) => {
      const user = { id: caller.user.id, by: caller.by };
      const which = { sessionId: params.id, id: params.shadowing };
      await deps.shadowings.answer(user, which, body.answer);
    },

    markMessageRead: async ({ params, caller }) => {
      await sessions.get(caller.user.id, params.id);
      await deps.messages.markRead(params.id, params.message);
      await deps.tellMessages();
    },

    fitScreen: async ({ params, body, caller }) =>
      fitScreen(await machineOf(caller, params.id), body),

    sessionPicture: async ({ params, caller }) => pictures.of(await machineOf(caller, params.id)),
  };

  /** @throws session-not-found, session-ended */
  async function machineOf({ user }: Callers['user'], id: string): Promise<Machine> {
    await sessions.get(user.id, id);
    const session = sessions.find(id);
    if (session === null) throw new CodedError('session-ended');
    return session.machine;
  }
}

function seatOf({ user, terminalId }: Callers['user']): Seat {
  return { userId: user.id, terminalId };
}
