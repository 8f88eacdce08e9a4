import { streamPath } from '../../../contract/broker-api.ts';
import { CodedError } from '../../../contract/errors.ts';
import { ticketLifetimeSeconds } from '../../../contract/stream.ts';
import { shadowingChannel } from '../../../contract/stream-channel.ts';
import type { Tickets } from '../../gateway/tickets.ts';
import type { Messages } from '../../help-desk/messages.ts';
import type { Helper, Shadowings } from '../../help-desk/shadowings.ts';
import type { Callers } from '../../identity/callers.ts';
import type { Handlers } from '../handlers.ts';

type Deps = {
  shadowings: Shadowings;
  messages: Pick<Messages, 'send'>;
  tickets: Pick<Tickets, 'issue'>;
  /** Brings messages to sessions at once. */
  tellMessages(): Promise<void>;
};

type HelpDeskRoutes =
  | 'sendMessage'
  | 'requestShadowing'
  | 'getShadowing'
  | 'createShadowingTicket'
  | 'endShadowing';

export function helpDeskHandlers(deps: Deps): Pick<Handlers, HelpDeskRoutes> {
  const { shadowings, messages, tickets, tellMessages } = deps;
  return {
    sendMessage: async ({ params, body, caller }) => {
      await messages.send(params.id, body.text, caller.user.displayName, caller.by);
      await tellMessages();
    },

    requestShadowing: ({ params, body, caller }) =>
      shadowings.ask(params.id, body, helperOf(caller)),

    getShadowing: async ({ params, query, caller, signal }) =>
      query.past === undefined
        ? shadowings.get(params.id, helperOf(caller))
        : shadowings.waitPast(params.id, query.past, helperOf(caller), signal),

    createShadowingTicket: async ({ params, caller }) => {
      const { id: shadowingId, sessionId, state } = shadowings.get(params.id, helperOf(caller));
      if (state !== 'active') throw new CodedError('shadowing-not-found');
      return {
        ticket: tickets.issue({ sessionId, channel: shadowingChannel, shadowingId, by: caller.by }),
        path: streamPath(sessionId, shadowingChannel),
        expiresInSeconds: ticketLifetimeSeconds,
      };
    },

    endShadowing: ({ params, caller }) => shadowings.stop(params.id, helperOf(caller)),
  };
}

function helperOf({ user, by }: Callers['staff']): Helper {
  return { userId: user.id, name: user.displayName, by };
}
