import { CodedError } from '../contract/errors.ts';
import type { BrokerNetwork } from './network.ts';

const answerWithinMs = 10_000;
/** The broker holds a long poll for up to 20 s before it answers. */
const longPollWithinMs = 30_000;

/** One request to the broker; `signal` gives it up. */
export type BrokerFetch = (
  url: string,
  init: RequestInit,
  signal?: AbortSignal,
) => Promise<Response>;

/**
 * The only way of the terminal to speak HTTP: to the pinned broker, within a limit of time, and
 * wherever an answer would lead elsewhere, no further.
 *
 * @param recover called when the broker shows another key; returns once that key is trusted, and
 *   throws when it is not. Nothing was sent by then, so that the same request can be sent again.
 */
export function createBrokerFetch(
  network: Pick<BrokerNetwork, 'fetch'>,
  recover: (error: CodedError) => Promise<void>,
): BrokerFetch {
  return async (url, init, signal) => {
    try {
      return await send(network, url, init, signal);
    } catch (error) {
      const changed = error instanceof CodedError && error.code === 'broker-key-changed';
      if (!changed) throw error;
      await recover(error);
      signal?.throwIfAborted();
      return send(network, url, init, signal);
    }
  };
}

async function send(
  network: Pick<BrokerNetwork, 'fetch'>,
  url: string,
  init: RequestInit,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const { origin, searchParams } = new URL(url);
  const limit = AbortSignal.timeout(searchParams.has('after') ? longPollWithinMs : answerWithinMs);
  try {
    return await network.fetch(url, {
      ...init,
      // A redirect would carry the token to an address that nobody chose.
      redirect: 'error',
      cache: 'no-store',
      credentials: 'omit',
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof CodedError) throw cause;
    throw new CodedError('broker-unreachable', { detail: origin, cause });
  }
}
