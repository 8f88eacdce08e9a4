import { calculateJwkThumbprint, EmbeddedJWK, errors, jwtVerify } from 'jose';
import { z } from 'zod';
import type { Clock } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import { type Nonces, nonceLifetimeMs } from './nonces.ts';
import { createReplayCache } from './replay-cache.ts';
import { hashSecret } from './secret.ts';

/** A request as the proof has to describe it (RFC 9449 section 4.2). */
export type ProvenRequest = {
  method: string;
  /** Path without query; the proof's `htu` is one of the broker's origins and this. */
  path: string;
  /** The value of the `DPoP` header. */
  proof: string | undefined;
  /** The token sent beside it, which the proof then has to name (`ath`). */
  token: string | null;
};

/** A proof that is right, and was not used before. */
export type Proof = {
  /** RFC 7638 thumbprint of the key that signed. */
  terminalId: string;
  /**
   * To be called once it is known that the key may be used here at all: what outsiders send is not
   * worth remembering. @throws proof-invalid when it was used before
   */
  spend(): void;
};

export type ProofVerifier = {
  /**
   * @throws proof-invalid; proof-nonce-needed when a nonce is all that is wrong with it
   */
  verify(request: ProvenRequest): Promise<Proof>;
};

type Deps = {
  clock: Clock;
  nonces: Nonces;
  /** Where terminals reach this broker, such as https://broker.example. */
  origins(): ReadonlySet<string>;
};

/** A terminal that is in a hurry sends some in a second. */
const rememberedProofs = { altogether: 500_000, each: 20_000 };
const longestProof = 4_096;

const claimsSchema = z.object({
  jti: z.string().min(8).max(128),
  htm: z.string(),
  htu: z.string().max(2_048),
  iat: z.number(),
  ath: z.string().optional(),
  nonce: z.string().max(128).optional(),
});
type Claims = z.infer<typeof claimsSchema>;

/**
 * Checks DPoP proofs in the order of RFC 9449 section 4.3. That a proof is fresh is told by its
 * nonce alone, so that a terminal whose clock is wrong can still be let in.
 */
export function createProofVerifier({ clock, nonces, origins }: Deps): ProofVerifier {
  const seen = createReplayCache(clock, { lifetimeMs: nonceLifetimeMs, ...rememberedProofs });

  return {
    verify: async (request) => {
      const { thumbprint, claims } = await readProof(request.proof, clock);
      assertDescribes(claims, request, origins());
      if (claims.nonce === undefined || !nonces.accepts(claims.nonce)) {
        throw new CodedError('proof-nonce-needed');
      }
      return {
        terminalId: thumbprint,
        spend: () => {
          if (!seen.admit(thumbprint, claims.jti)) throw refused('jti');
        },
      };
    },
  };
}

async function readProof(proof: string | undefined, clock: Clock) {
  if (proof === undefined || proof.length > longestProof) throw refused('header');
  try {
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms: ['ES256'],
      currentDate: new Date(clock.now()),
    });
    const { jwk } = protectedHeader;
    if (jwk === undefined || 'd' in jwk) throw refused('jwk');
    return { thumbprint: await calculateJwkThumbprint(jwk), claims: claimsSchema.parse(payload) };
  } catch (error) {
    if (error instanceof CodedError) throw error;
    if (error instanceof errors.JOSEError) throw refused(error.code);
    if (error instanceof z.ZodError) throw refused('claims');
    // A key that is not one at all is refused by WebCrypto, with an error of its own.
    throw new CodedError('proof-invalid', { detail: 'key', cause: error });
  }
}

function assertDescribes(
  claims: Claims,
  request: ProvenRequest,
  origins: ReadonlySet<string>,
): void {
  if (claims.htm !== request.method) throw refused('htm');
  const url = URL.canParse(claims.htu) ? new URL(claims.htu) : null;
  if (url === null || !origins.has(url.origin) || url.pathname !== request.path) {
    throw refused('htu');
  }
  if (request.token !== null && claims.ath !== hashSecret(request.token)) throw refused('ath');
}

function refused(detail: string): CodedError {
  return new CodedError('proof-invalid', { detail });
}
