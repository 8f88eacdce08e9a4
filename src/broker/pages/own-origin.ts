import type { FastifyRequest } from 'fastify';
import { CodedError } from '../../contract/errors.ts';
import { originOf } from '../identity/provider/providers.ts';

/**
 * The origin of this broker that the request came to; anything but reading has to come from a page
 * of that same origin.
 * @throws origin-refused
 */
export function ownOrigin(request: FastifyRequest, origins: ReadonlySet<string>): string {
  const origin = originOf(request);
  if (!origins.has(origin)) throw new CodedError('origin-refused');
  const reading = request.method === 'GET' || request.method === 'HEAD';
  if (!reading && request.headers.origin !== origin) throw new CodedError('origin-refused');
  return origin;
}
