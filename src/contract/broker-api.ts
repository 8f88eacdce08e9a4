import { z } from 'zod';
import { adminRoutes } from './admin-routes.ts';
import { desktopIdSchema, desktopSchema } from './desktop.ts';
import { shadowingAnswerSchema } from './help-desk.ts';
import { signInOriginSchema, terminalIdSchema, vaultKindSchema } from './identity.ts';
import type { Route } from './route.ts';
import { sessionIdSchema, sessionSchema } from './session.ts';
import {
  type StreamChannel,
  type shadowingChannel,
  streamChannelSchema,
  streamTicketSchema,
} from './stream-channel.ts';

export const userSchema = z.strictObject({
  id: z.uuid(),
  username: z.string(),
  displayName: z.string(),
});
export type User = z.infer<typeof userSchema>;

/** What the broker knows of the terminal that asks. */
export const terminalProfileSchema = z.strictObject({
  id: terminalIdSchema,
  name: z.string(),
  group: z.string().nullable(),
  /** The desktop that the terminal's own account opens, where it has one. */
  account: z.strictObject({ desktopId: desktopIdSchema }).nullable(),
  /** Where its sign-in window may go beside the broker itself. */
  signInOrigins: z.array(signInOriginSchema),
});
export type TerminalProfile = z.infer<typeof terminalProfileSchema>;

/** What a terminal tells about itself each time it starts. */
export const terminalReportSchema = z.strictObject({
  model: z.string().trim().max(120),
  version: z.string().max(40),
  vault: vaultKindSchema,
});
export type TerminalReport = z.infer<typeof terminalReportSchema>;

export const ticketReplySchema = streamTicketSchema.extend({
  /** Without a key or the pointer, until the broker closes the stream. */
  idleSeconds: z.number().int().positive(),
});

/** What a desktop is asked to be, for the screen of a terminal. */
export const screenWishSchema = z.strictObject({
  /** In pixels. */
  width: z.number().int().min(320).max(16_384),
  height: z.number().int().min(200).max(16_384),
  /** How large text is to be in pixels, in percent of what it is on a screen that is not dense. */
  percent: z.number().int().min(100).max(400),
});
export type ScreenWish = z.infer<typeof screenWishSchema>;

/** Whether the desktop is so now; one whose system knows nothing of this stays as it was. */
export const screenFitSchema = z.strictObject({ fitted: z.boolean() });
export type ScreenFit = z.infer<typeof screenFitSchema>;

export const healthSchema = z.strictObject({
  status: z.literal('ok'),
  product: z.literal('porthole'),
  version: z.string(),
});

const sessionParams = z.strictObject({ id: sessionIdSchema });

export const routes = {
  health: {
    method: 'GET',
    path: '/v1/health',
    auth: 'none',
    summary: 'Says that a broker is here, and of which version.',
    reply: { status: 200, body: healthSchema },
  },
  trust: {
    method: 'GET',
    path: '/v1/trust',
    auth: 'none',
    summary: 'What the broker says of its own keys: signed statements, the oldest first.',
    reply: { status: 200, body: z.strictObject({ statements: z.array(z.string()).min(1) }) },
  },
  getTerminal: {
    method: 'GET',
    path: '/v1/terminal',
    auth: 'terminal',
    summary: 'What the broker knows of this terminal.',
    reply: { status: 200, body: terminalProfileSchema },
  },
  reportTerminal: {
    method: 'PUT',
    path: '/v1/terminal',
    auth: 'terminal',
    summary: 'Tells the version of this terminal and where it keeps its secrets.',
    body: terminalReportSchema,
    reply: { status: 204, body: null },
  },
  getUser: {
    method: 'GET',
    path: '/v1/user',
    auth: 'user',
    permission: 'desktops.use',
    summary: 'Who is signed in.',
    reply: { status: 200, body: userSchema },
  },
  lock: {
    method: 'POST',
    path: '/v1/user/lock',
    auth: 'user',
    permission: 'desktops.use',
    summary:
      'Closes the streams at this terminal; until the user signs in again, the token is only good for revoking it.',
    reply: { status: 204, body: null },
  },
  listDesktops: {
    method: 'GET',
    path: '/v1/desktops',
    auth: 'user',
    permission: 'desktops.use',
    summary: 'Lists the desktops that the user is entitled to.',
    reply: { status: 200, body: z.strictObject({ desktops: z.array(desktopSchema) }) },
  },
  createSession: {
    method: 'POST',
    path: '/v1/sessions',
    auth: 'user',
    permission: 'desktops.use',
    summary: "Starts a session on a desktop, or gives the user's running one on it.",
    body: z.strictObject({ desktopId: desktopIdSchema }),
    reply: { status: 201, body: sessionSchema },
  },
  getSession: {
    method: 'GET',
    path: '/v1/sessions/:id',
    auth: 'user',
    permission: 'desktops.use',
    summary: 'Looks a session up; with `after`, waits up to 20 s for a revision above it.',
    params: sessionParams,
    query: z.strictObject({ after: z.coerce.number().int().nonnegative().optional() }),
    reply: { status: 200, body: sessionSchema },
  },
  endSession: {
    method: 'DELETE',
    path: '/v1/sessions/:id',
    auth: 'user',
    permission: 'desktops.use',
    summary: 'Ends a session; its desktop is destroyed.',
    params: sessionParams,
    reply: { status: 202, body: sessionSchema },
  },
  createTicket: {
    method: 'POST',
    path: '/v1/sessions/:id/tickets',
    auth: 'user',
    permission: 'desktops.use',
    summary: 'Issues a ticket that opens a stream of the session once, within 30 seconds.',
    params: sessionParams,
    query: z.strictObject({ channel: streamChannelSchema.default('screen-1') }),
    reply: { status: 201, body: ticketReplySchema },
  },
  answerShadowing: {
    method: 'POST',
    path: '/v1/sessions/:id/shadowings/:shadowing/answer',
    auth: 'user',
    permission: 'desktops.use',
    summary: 'Lets a helper look at the session, does not, or does no longer.',
    params: sessionParams.extend({ shadowing: z.uuid() }),
    body: z.strictObject({ answer: shadowingAnswerSchema }),
    reply: { status: 204, body: null },
  },
  markMessageRead: {
    method: 'DELETE',
    path: '/v1/sessions/:id/messages/:message',
    auth: 'user',
    permission: 'desktops.use',
    summary: 'Says that a message was read.',
    params: sessionParams.extend({ message: z.uuid() }),
    reply: { status: 204, body: null },
  },
  fitScreen: {
    method: 'PUT',
    path: '/v1/sessions/:id/screen',
    auth: 'user',
    permission: 'desktops.use',
    summary: 'Fits the desktop to the screen of a terminal: its size, and that of its text.',
    params: sessionParams,
    body: screenWishSchema,
    reply: { status: 200, body: screenFitSchema },
  },
  sessionPicture: {
    method: 'GET',
    path: '/v1/sessions/:id/picture',
    auth: 'user',
    permission: 'desktops.use',
    summary: 'A picture of the screen of a running session.',
    params: sessionParams,
    reply: { status: 200, body: 'png' },
  },
  ...adminRoutes,
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;

/** The WebSocket that carries a stream; see stream.ts for its subprotocols and close codes. */
export function streamPath(
  sessionId: string,
  channel: StreamChannel | typeof shadowingChannel = 'screen-1',
): `/v1/${string}` {
  return `/v1/sessions/${sessionId}/streams/${channel}`;
}
