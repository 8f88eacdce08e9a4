import { z } from 'zod';
import {
  newMessageSchema,
  shadowingRequestSchema,
  shadowingSchema,
  shadowingStateSchema,
} from './help-desk.ts';
import type { Route } from './route.ts';
import { sessionIdSchema } from './session.ts';
import { streamTicketSchema } from './stream-channel.ts';

const sessionParams = z.strictObject({ id: sessionIdSchema });
const shadowingParams = z.strictObject({ id: z.uuid() });

/** The part of the broker's API by which users are helped in their sessions. */
export const helpDeskRoutes = {
  sendMessage: {
    method: 'POST',
    path: '/v1/admin/sessions/:id/messages',
    auth: 'staff',
    permission: 'sessions.message',
    summary: 'Sends a message to the user of a session.',
    params: sessionParams,
    body: newMessageSchema,
    reply: { status: 204, body: null },
  },
  requestShadowing: {
    method: 'POST',
    path: '/v1/admin/sessions/:id/shadowings',
    auth: 'staff',
    permission: 'sessions.shadow',
    summary:
      'Asks the user of a session to be let in, or lets in where the policy needs no answer.',
    params: sessionParams,
    body: shadowingRequestSchema,
    reply: { status: 201, body: shadowingSchema },
  },
  getShadowing: {
    method: 'GET',
    path: '/v1/admin/shadowings/:id',
    auth: 'staff',
    permission: 'sessions.shadow',
    summary: 'Looks it up; with `past`, waits up to 20 s for another state.',
    params: shadowingParams,
    query: z.strictObject({ past: shadowingStateSchema.optional() }),
    reply: { status: 200, body: shadowingSchema },
  },
  createShadowingTicket: {
    method: 'POST',
    path: '/v1/admin/shadowings/:id/tickets',
    auth: 'staff',
    permission: 'sessions.shadow',
    summary: 'Issues a ticket that opens the stream of the helper once, within 30 seconds.',
    params: shadowingParams,
    reply: { status: 201, body: streamTicketSchema },
  },
  endShadowing: {
    method: 'DELETE',
    path: '/v1/admin/shadowings/:id',
    auth: 'staff',
    permission: 'sessions.shadow',
    summary: 'Looks no longer.',
    params: shadowingParams,
    reply: { status: 204, body: null },
  },
} as const satisfies Record<string, Route>;
