import type { Clock } from '../contract/clock.ts';

/** What was asked for so recently is not asked for again: each request has to know. */
const goodForMs = 5_000;

/** Where the broker is reached, which changes as its machine is given other addresses. */
export function createOrigins(
  clock: Pick<Clock, 'now'>,
  look: () => ReadonlySet<string>,
): () => ReadonlySet<string> {
  let seen = { origins: look(), at: clock.now() };
  return () => {
    const now = clock.now();
    if (now - seen.at >= goodForMs) seen = { origins: look(), at: now };
    return seen.origins;
  };
}
