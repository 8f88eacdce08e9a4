import type { FastifyReply, FastifyRequest } from 'fastify';
import { randomSecret } from '../identity/secret.ts';

const cookieName = '__Host-porthole-return';
const attributes = { path: '/', httpOnly: true, secure: true, sameSite: 'lax' } as const;
const lifetimeSeconds = 15 * 60;
/** Where a sign-in at the broker's pages may lead back to: pages of ours that can be asked for. */
const ownPages = /^\/(?:enroll|terminals|account)(?:[/?][\x21-\x7e]*)?$/;
const startPage = '/';

/**
 * Remembers, in the visitor's own browser, which page was asked for while they sign in.
 * @returns the `state` of the authorization request (RFC 6749 section 10.12), which binds the
 *   answer to that browser
 */
export function rememberReturn(reply: FastifyReply, path: string): string {
  const state = randomSecret();
  const value = `${state}.${Buffer.from(path).toString('base64url')}`;
  void reply.setCookie(cookieName, value, { ...attributes, maxAge: lifetimeSeconds });
  return state;
}

/** The page asked for; the start page when the answer is not to a request of this browser. */
export function takeReturn(
  request: FastifyRequest,
  reply: FastifyReply,
  state: string | undefined,
): string {
  const [expected, encoded = ''] = (request.cookies[cookieName] ?? '').split('.');
  void reply.clearCookie(cookieName, attributes);
  if (state === undefined || state !== expected) return startPage;
  const path = Buffer.from(encoded, 'base64url').toString();
  return ownPages.test(path) ? path : startPage;
}
