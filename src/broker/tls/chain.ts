import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import type { ServerCertificate } from './server-certificate.ts';

const certificatePattern = /-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/gs;

/** The certificates of a PEM text, in its order. @throws when one cannot be read */
export function readChain(pem: string): X509Certificate[] {
  return (pem.match(certificatePattern) ?? []).map((text) => new X509Certificate(text));
}

/** SHA-256 (base64url) of the public key: what terminals pin (RFC 7469 section 2.4). */
export function digestOf({ publicKey }: X509Certificate): string {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(spki).digest('base64url');
}

/** Whether the key is that of the first certificate; false too when either cannot be read. */
export function keyFits({ chain, key }: ServerCertificate): boolean {
  try {
    return readChain(chain)[0]?.checkPrivateKey(createPrivateKey(key)) ?? false;
  } catch {
    return false; // cut short or not PEM: whatever it is, it does not fit
  }
}
