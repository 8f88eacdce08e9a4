import * as jose from 'jose';
import type { TerminalIdentity } from './vault.ts';

export type PrivateKey = TerminalIdentity['privateKey'];

/** Makes the P-256 key that the terminal is known by. */
export async function createDeviceKey(): Promise<PrivateKey> {
  const { privateKey } = await jose.generateKeyPair('ES256', { extractable: true });
  const { x, y, d } = await jose.exportJWK(privateKey);
  if (x === undefined || y === undefined || d === undefined) {
    throw new Error('WebCrypto exported an EC key without its coordinates');
  }
  return { kty: 'EC', crv: 'P-256', x, y, d };
}

/** RFC 7638 thumbprint: the terminal's id. */
export function thumbprint(key: PrivateKey): Promise<string> {
  return jose.calculateJwkThumbprint(publicKey(key));
}

/** The key for signing. Nothing can read the private half again. */
export async function importKeyPair(key: PrivateKey): Promise<CryptoKeyPair> {
  const [privateHalf, publicHalf] = await Promise.all([
    jose.importJWK(key, 'ES256', { extractable: false }),
    jose.importJWK(publicKey(key), 'ES256', { extractable: true }),
  ]);
  if (privateHalf instanceof Uint8Array || publicHalf instanceof Uint8Array) {
    throw new Error('an EC key was imported as a symmetric one');
  }
  return { privateKey: privateHalf, publicKey: publicHalf };
}

/**
 * A DPoP proof (RFC 9449 section 4.2) for a request that is sent without a token: says that the
 * holder of the key sends this very request.
 *
 * @param request.url without query and fragment
 * @param request.nonce what the server gave to sign along, if it gave anything
 */
export async function signProof(
  key: CryptoKeyPair,
  request: { method: string; url: string; nonce: string | null; now: number },
): Promise<string> {
  const { method, url, nonce, now } = request;
  const claims = { htm: method, htu: url, jti: crypto.randomUUID() };
  const jwk = await jose.exportJWK(key.publicKey);
  return new jose.SignJWT(nonce === null ? claims : { ...claims, nonce })
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk })
    .setIssuedAt(Math.floor(now / 1000))
    .sign(key.privateKey);
}

function publicKey({ kty, crv, x, y }: PrivateKey): jose.JWK_EC_Public {
  return { kty, crv, x, y };
}
