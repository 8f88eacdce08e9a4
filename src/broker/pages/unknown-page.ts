import type { FastifyInstance } from 'fastify';
import { CodedError } from '../../contract/errors.ts';

/** With a slash too much, as people type it; a host of somebody else is no part of it. */
const withSlash = /^((?:\/[\w-]+)+)\/(\?.*)?$/;

/** Tells people with a page that they are at none. Programs are told as everywhere in the API. */
export function registerUnknownPage(app: FastifyInstance): void {
  const options = { config: { auth: 'none' as const }, schema: { hide: true } };
  app.get('/*', options, async (request, reply) => {
    if (!/\btext\/html\b/.test(request.headers.accept ?? '')) return reply.callNotFound();
    const [, path, query = ''] = withSlash.exec(request.url) ?? [];
    if (path !== undefined) return reply.redirect(`${path}${query}`, 301);
    throw new CodedError('not-found');
  });
}
