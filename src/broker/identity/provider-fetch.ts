import type { CustomFetch } from 'openid-client';
import { Agent, fetch } from 'undici';
import { CodedError } from '../../contract/errors.ts';

/**
 * How the broker speaks to an identity provider: over TLS to the certification authorities given,
 * or to the public ones.
 *
 * @param ca PEM
 * @throws identity-provider-unreachable from each request that has no answer worth reading
 */
export function createProviderFetch(ca: string | null): CustomFetch {
  const dispatcher = new Agent({ connect: ca === null ? {} : { ca } });

  return async (url, { body, headers, method, redirect, signal }) => {
    try {
      const response = await fetch(url, {
        method,
        headers,
        redirect,
        dispatcher,
        ...(body === undefined || body === null ? {} : { body }),
        ...(signal === undefined ? {} : { signal }),
      });
      if (response.status >= 500) throw new Error(`it answered with ${response.status}`);
      // undici's Response is the one that Node has as a global, under a type of its own.
      return response as unknown as Response;
    } catch (error) {
      throw new CodedError('identity-provider-unreachable', { cause: error });
    }
  };
}
