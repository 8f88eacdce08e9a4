import { z } from 'zod';
import { desktopIdSchema, desktopSchema } from './desktop.ts';
import { sessionIdSchema, sessionSchema } from './session.ts';

/**
 * The broker's HTTP API, route by route: the only description of it. The broker registers its
 * handlers against these rows, the terminal calls through them, and OpenAPI is generated from them.
 *
 * Every request but `health` carries a proof that it comes from the terminal's key: a JWT in the
 * `DPoP` header as in RFC 9449 section 4. What is sent in `Authorization: DPoP <token>` is the
 * row's `auth`:
 * - `none`: nothing, and no proof;
 * - `proof`: no token, the proof alone (the key is about to be registered);
 * - `terminal`: the terminal's refresh token, from its vault;
 * - `user`: the access token of the signed-in user, bound to this terminal.
 */
export type RouteAuth = 'none' | 'proof' | 'terminal' | 'user';

export type Route = {
  method: 'GET' | 'POST' | 'DELETE';
  path: `/v1/${string}`;
  auth: RouteAuth;
  summary: string;
  params?: z.ZodType;
  query?: z.ZodType;
  body?: z.ZodType;
  /** Success status and the body it comes with; `null` is an empty body, `'png'` a picture. */
  reply: { status: 200 | 201 | 202 | 204; body: z.ZodType | 'png' | null };
};

/** RFC 7638 thumbprint (SHA-256, base64url) of the terminal's public key. */
export const terminalIdSchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/** Codes are typed by people: no letters that look alike, case and dashes do not matter. */
export const enrollmentCodeSchema = z
  .string()
  .max(32)
  .transform((code) => code.toUpperCase().replaceAll(/[\s-]/g, ''))
  .pipe(z.string().regex(/^[0-9A-Z]{4,16}$/, { error: 'a code has letters and digits only' }));

export const terminalNameSchema = z.string().trim().min(1).max(80);

export const userSchema = z.strictObject({
  id: z.uuid(),
  username: z.string(),
  displayName: z.string(),
});
export type User = z.infer<typeof userSchema>;

export const enrollmentRequestSchema = z.strictObject({
  code: enrollmentCodeSchema,
  name: terminalNameSchema,
});
export const enrollmentReplySchema = z.strictObject({
  terminalId: terminalIdSchema,
  refreshToken: z.string(),
});

export const tokenRequestSchema = z.discriminatedUnion('grant', [
  z.strictObject({
    grant: z.literal('password'),
    username: z.string().trim().min(1).max(64),
    password: z.string().min(1).max(256),
  }),
  /** Takes up a session of this terminal that is still running, after a restart of either side. */
  z.strictObject({ grant: z.literal('resume') }),
]);

export const tokenReplySchema = z.strictObject({
  accessToken: z.string(),
  expiresInSeconds: z.number().int().positive(),
  user: userSchema,
  /** The session to go back to; always null for the `password` grant. */
  session: sessionSchema.nullable(),
});

export const ticketReplySchema = z.strictObject({
  ticket: z.string(),
  /** Where to open the stream, relative to the broker's address. Holds no secret. */
  path: z.string().startsWith('/v1/'),
  expiresInSeconds: z.number().int().positive(),
});

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
  enroll: {
    method: 'POST',
    path: '/v1/enrollments',
    auth: 'proof',
    summary: 'Registers the key of a terminal in exchange for a one-time code.',
    body: enrollmentRequestSchema,
    reply: { status: 201, body: enrollmentReplySchema },
  },
  unenroll: {
    method: 'DELETE',
    path: '/v1/enrollments/self',
    auth: 'terminal',
    summary: 'Forgets this terminal and ends what runs on it.',
    reply: { status: 204, body: null },
  },
  signIn: {
    method: 'POST',
    path: '/v1/tokens',
    auth: 'terminal',
    summary: 'Signs a user in on this terminal, or takes up their running session after a restart.',
    body: tokenRequestSchema,
    reply: { status: 201, body: tokenReplySchema },
  },
  signOut: {
    method: 'DELETE',
    path: '/v1/tokens/self',
    auth: 'user',
    summary: 'Signs the user out; their sessions on this terminal end.',
    reply: { status: 204, body: null },
  },
  lock: {
    method: 'POST',
    path: '/v1/tokens/self/lock',
    auth: 'user',
    summary:
      'Closes the streams at this terminal; until the password is given again, the token is only good for signing out.',
    reply: { status: 204, body: null },
  },
  listDesktops: {
    method: 'GET',
    path: '/v1/desktops',
    auth: 'user',
    summary: 'Lists the desktops that the user is entitled to.',
    reply: { status: 200, body: z.strictObject({ desktops: z.array(desktopSchema) }) },
  },
  createSession: {
    method: 'POST',
    path: '/v1/sessions',
    auth: 'user',
    summary: "Starts a session on a desktop, or gives the user's running one on it.",
    body: z.strictObject({ desktopId: desktopIdSchema }),
    reply: { status: 201, body: sessionSchema },
  },
  getSession: {
    method: 'GET',
    path: '/v1/sessions/:id',
    auth: 'user',
    summary: 'Looks a session up; with `after`, waits up to 20 s for a revision above it.',
    params: sessionParams,
    query: z.strictObject({ after: z.coerce.number().int().nonnegative().optional() }),
    reply: { status: 200, body: sessionSchema },
  },
  endSession: {
    method: 'DELETE',
    path: '/v1/sessions/:id',
    auth: 'user',
    summary: 'Ends a session; its desktop is destroyed.',
    params: sessionParams,
    reply: { status: 202, body: sessionSchema },
  },
  createTicket: {
    method: 'POST',
    path: '/v1/sessions/:id/tickets',
    auth: 'user',
    summary: 'Issues a ticket that opens the stream of the session once, within 30 seconds.',
    params: sessionParams,
    reply: { status: 201, body: ticketReplySchema },
  },
  sessionPicture: {
    method: 'GET',
    path: '/v1/sessions/:id/picture',
    auth: 'user',
    summary: 'A picture of the screen of a running session.',
    params: sessionParams,
    reply: { status: 200, body: 'png' },
  },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;

/** The WebSocket that carries the stream; see stream.ts for its subprotocols and close codes. */
export function streamPath(sessionId: string): `/v1/${string}` {
  return `/v1/sessions/${sessionId}/stream`;
}
