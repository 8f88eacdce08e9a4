import { streamPath } from '../../../src/contract/broker-api.ts';
import { ticketLifetimeSeconds } from '../../../src/contract/stream.ts';
import { ticketFor } from '../../fakes/listening-broker.ts';
import type { Attack } from '../attack.ts';
import type { AttackedBroker } from '../attacked-broker.ts';

/** Opens the stream of somebody's session with a ticket, by the close code that it is refused with. */
function ticketAttack(
  name: string,
  has: string,
  attempt: (broker: AttackedBroker) => Promise<{ sessionId: string; ticket?: string }>,
): Attack {
  return {
    name,
    has,
    attempt: async (broker) => {
      const { sessionId, ...ticket } = await attempt(broker);
      const client = broker.connect(streamPath(sessionId), ticket);
      return { status: await client.closed, code: null };
    },
    refused: { status: 4401, code: null },
    audit: { code: 'ticket-invalid', route: 'stream' },
  };
}

export const ticketAttacks: readonly Attack[] = [
  ticketAttack('a stream without a ticket', 'the id of a session', async ({ working }) => {
    const { sessionId } = await working();
    return { sessionId };
  }),
  ticketAttack('a ticket that somebody made up', 'the id of a session', async ({ working }) => {
    const { sessionId } = await working();
    return { sessionId, ticket: 'a'.repeat(43) };
  }),
  ticketAttack('a ticket, twice', 'a ticket that was used', async ({ connect, working }) => {
    const { terminal, sessionId } = await working();
    const ticket = await ticketFor(terminal, sessionId);
    await connect(streamPath(sessionId), { ticket }).opened();
    return { sessionId, ticket };
  }),
  ticketAttack('a ticket, late', 'a ticket that nobody used', async ({ clock, working }) => {
    const { terminal, sessionId } = await working();
    const ticket = await ticketFor(terminal, sessionId);
    clock.pass(ticketLifetimeSeconds * 1000);
    return { sessionId, ticket };
  }),
  ticketAttack(
    'a ticket for the session of another',
    'a session of one’s own, and the id of another',
    async ({ working }) => {
      const victim = await working();
      const own = await working();
      const ticket = await ticketFor(own.terminal, own.sessionId);
      return { sessionId: victim.sessionId, ticket };
    },
  ),
  ticketAttack(
    'a ticket, once its user left the terminal',
    'a ticket that nobody used',
    async ({ working }) => {
      const { terminal, sessionId } = await working();
      const ticket = await ticketFor(terminal, sessionId);
      await terminal.call('lock');
      return { sessionId, ticket };
    },
  ),
  {
    name: 'a ticket in the address',
    has: 'a ticket, and somebody’s log of addresses to leave it in',
    attempt: async ({ connect, working }) => {
      const { terminal, sessionId } = await working();
      const ticket = await ticketFor(terminal, sessionId);
      const client = connect(`${streamPath(sessionId)}?ticket=${ticket}`, {});
      return { status: await client.refused(), code: null };
    },
    refused: { status: 404, code: null },
    audit: null,
  },
  {
    name: 'a stream for a page elsewhere',
    has: 'a page that somebody looks at, and a ticket',
    attempt: async ({ connect, working }) => {
      const { terminal, sessionId } = await working();
      const ticket = await ticketFor(terminal, sessionId);
      const client = connect(streamPath(sessionId), { ticket, origin: 'https://evil.example' });
      return { status: await client.refused(), code: null };
    },
    refused: { status: 403, code: null },
    audit: { code: 'origin-refused', route: 'stream' },
  },
];
