import { hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../contract/clock.ts';

/** Nonces for DPoP proofs (RFC 9449 sections 8 and 9): good for some minutes, kept nowhere. */
export type Nonces = {
  /** The one to use next. */
  next(): string;
  accepts(nonce: string): boolean;
};

const stepMs = 60_000;
/** Steps from now whose nonces are accepted. `next` is a step ahead, so as to last longer. */
const accepted = [-2, -1, 0, 1, 2];
/** For how long a nonce may be accepted at most. */
export const nonceLifetimeMs = accepted.length * stepMs;

/**
 * Nonces for the API. They are made as oidc-provider makes its own, from the same secret: a client
 * keeps one nonce for each origin (RFC 9449 section 8.2), and the two share an origin.
 */
export function createNonces({ secret, clock }: { secret: Buffer; clock: Clock }): Nonces {
  const made = new Map<number, string>();

  function nonceOf(step: number): string {
    const known = made.get(step);
    if (known !== undefined) return known;
    const salt = Buffer.alloc(8);
    salt.writeBigUInt64BE(BigInt(step));
    const nonce = Buffer.from(hkdfSync('sha256', secret, salt, 'DPoP', 32)).toString('base64url');
    for (const old of made.keys()) if (old < step - accepted.length) made.delete(old);
    made.set(step, nonce);
    return nonce;
  }

  const currentStep = () => Math.floor(clock.now() / stepMs);

  return {
    next: () => nonceOf(currentStep() + 1),
    accepts: (nonce) => {
      const now = currentStep();
      return accepted.some((offset) => isSame(nonceOf(now + offset), nonce));
    },
  };
}

function isSame(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}
