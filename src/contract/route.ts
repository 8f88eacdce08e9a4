import type { z } from 'zod';
import type { Permission } from './permissions.ts';

/**
 * One route of the broker's HTTP API. Where there is a token, it is an OAuth access token bound to a
 * key: `Authorization: DPoP <token>`, beside a proof that this very request comes from that key in
 * the `DPoP` header (RFC 9449 sections 4 and 7). What `auth` asks for is
 * - `none`: nothing, and no proof;
 * - `terminal`: a token of the terminal itself;
 * - `user`: a token of the user who is signed in at the terminal;
 * - `staff`: that, or the session cookie of a browser that is signed in at the broker's own pages,
 *   from where anything but reading has to come (`Origin`).
 */
export type RouteAuth = 'none' | 'terminal' | 'user' | 'staff';

/** Who has a user behind them says which permission that user needs. */
type Access =
  | { auth: 'none' | 'terminal'; permission?: never }
  | { auth: 'user' | 'staff'; permission: Permission };

export type Route = Access & {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: `/v1/${string}`;
  summary: string;
  params?: z.ZodType;
  query?: z.ZodType;
  body?: z.ZodType;
  /** Success status and the body it comes with; `null` is empty, `'png'` a picture, `'jsonl'` lines of JSON. */
  reply: { status: 200 | 201 | 202 | 204; body: z.ZodType | 'png' | 'jsonl' | null };
};
