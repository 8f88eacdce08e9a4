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

/**
 * A DPoP proof (RFC 9449 section 4.2): says that the holder of the key sends this very request.
 *
 * @param request.url without query and fragment
 * @param request.token the token sent along, whose hash goes into `ath`
 */
export async function signProof(
  key: PrivateKey,
  request: { method: string; url: string; token: string | null; now: number },
): Promise<string> {
  const claims = {
    htm: request.method,
    htu: request.url,
    jti: crypto.randomUUID(),
    ...(request.token === null ? {} : { ath: await tokenHash(request.token) }),
  };
  return new jose.SignJWT(claims)
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: publicKey(key) })
    .setIssuedAt(Math.floor(request.now / 1000))
    .sign(await jose.importJWK(key, 'ES256'));
}

function publicKey({ kty, crv, x, y }: PrivateKey): jose.JWK {
  return { kty, crv, x, y };
}

async function tokenHash(token: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token));
  return jose.base64url.encode(new Uint8Array(digest));
}
