import { type Clock, pause } from '../contract/clock.ts';
import { CodedError } from '../contract/errors.ts';
import { backoffMs } from './backoff.ts';
import type { OAuthClient } from './oauth-client.ts';
import type { TokenSource } from './token-source.ts';

export type PersistDeps = {
  clock: Clock;
  /** In [0, 1), for jitter. */
  random: () => number;
};

/** Says it again until the broker has heard it: what a person asked for is not lost. */
export async function persist<T>(
  call: () => Promise<T>,
  { clock, random }: PersistDeps,
  signal: AbortSignal,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      const away = error instanceof CodedError && error.code === 'broker-unreachable';
      if (!away) throw error;
      await pause(clock, backoffMs(attempt, random()), signal);
    }
  }
}

/** Ends the grant that these tokens are of (RFC 7009). */
export async function revoke(
  tokens: TokenSource,
  oauth: OAuthClient,
  deps: PersistDeps,
  signal: AbortSignal,
): Promise<void> {
  const token = await tokens.revocable();
  await persist(() => oauth.revoke(token, signal), deps, signal);
}
