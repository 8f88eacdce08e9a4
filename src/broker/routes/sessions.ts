import type { AuditParty } from '../../contract/audit.ts';
import { streamPath } from '../../contract/broker-api.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Session } from '../../contract/session.ts';
import { ticketLifetimeSeconds } from '../../contract/stream.ts';
import { doneBy } from '../access/audit-entry.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Tickets } from '../gateway/tickets.ts';
import type { Callers } from '../identity/callers.ts';
import type { Pictures } from '../sessions/pictures.ts';
import type { Seat, Sessions } from '../sessions/sessions.ts';
import type { Handlers } from './handlers.ts';

type Deps = {
  sessions: Sessions;
  tickets: Tickets;
  pictures: Pictures;
  audit: Pick<AuditLog, 'append'>;
};

type SessionRoutes =
  | 'createSession'
  | 'getSession'
  | 'endSession'
  | 'createTicket'
  | 'sessionPicture';

export function sessionHandlers(deps: Deps): Pick<Handlers, SessionRoutes> {
  const { sessions, tickets, pictures, audit } = deps;
  return {
    createSession: async ({ body, caller }) => {
      const session = await sessions.start(seatOf(caller), body.desktopId);
      if (session.state === 'starting') {
        await audit.append(doneBy(caller.by, 'session.started', partyOf(session)));
      }
      return session;
    },

    getSession: ({ params, query, caller, signal }) =>
      query.after === undefined
        ? sessions.get(caller.user.id, params.id)
        : sessions.waitAbove(caller.user.id, params.id, query.after, signal),

    endSession: async ({ params, caller }) => {
      const session = await sessions.end(caller.user.id, params.id);
      await audit.append(doneBy(caller.by, 'session.ended', partyOf(session)));
      return session;
    },

    createTicket: async ({ params, caller }) => {
      const seat = seatOf(caller);
      const session = await sessions.claim(seat, params.id);
      await audit.append(doneBy(caller.by, 'session.connected', partyOf(session.view())));
      return {
        ticket: tickets.issue({ sessionId: params.id, terminalId: seat.terminalId }),
        path: streamPath(params.id),
        expiresInSeconds: ticketLifetimeSeconds,
      };
    },

    sessionPicture: async ({ params, caller }) => {
      await sessions.get(caller.user.id, params.id);
      const session = sessions.find(params.id);
      if (session === null) throw new CodedError('session-ended');
      return pictures.of(session.machine);
    },
  };
}

function seatOf({ user, terminalId }: Callers['user']): Seat {
  return { userId: user.id, terminalId };
}

function partyOf({ id, desktop }: Session): AuditParty {
  return { kind: 'session', id, name: desktop.name };
}
