import { createHash, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { Introduction } from '../../src/terminal/network.ts';

/** Extended key usage of TLS servers (RFC 5280 section 4.2.1.12). */
const serverAuth = '1.3.6.1.5.5.7.3.1';

/**
 * SHA-256 (base64url) of the public keys of a certificate chain, as far as it holds: the first
 * certificate is for this host, each is valid now, and each is signed by the next, which is an
 * authority. Empty when not even the first will do.
 *
 * An anchor is believed whatever its certificate says of itself, because it was pinned: what an
 * operating system trusts has no part in this.
 *
 * @param chain in PEM, as the server showed it, its own certificate first
 * @param hostname as in the URL, an IPv6 address with or without brackets; null for any
 * @param now milliseconds since the epoch; null for any time
 */
export function chainDigests(
  chain: readonly string[],
  hostname: string | null,
  now: number | null,
): string[] {
  const certificates = chain.flatMap(read);
  const [leaf] = certificates;
  if (leaf === undefined || certificates.length !== chain.length) return [];
  if (hostname !== null && !isForHost(leaf, hostname)) return [];
  if (!isForServers(leaf)) return [];
  const holding: X509Certificate[] = [];
  for (const certificate of certificates) {
    const below = holding.at(-1);
    if (now !== null && !isValidAt(certificate, now)) break;
    if (below !== undefined && !vouchesFor(certificate, below)) break;
    holding.push(certificate);
  }
  return holding.map(digestOf);
}

/**
 * What else a chain is wrong by, and what it would be if that were right; null when it is as long as
 * its signatures go. A wrong name is told before a wrong time.
 */
export function faultIn(
  chain: readonly string[],
  hostname: string,
  now: number,
): Introduction['fault'] {
  const signed = chainDigests(chain, null, null);
  const holding = chainDigests(chain, hostname, now);
  if (signed.length === holding.length) return null;
  const timeless = chainDigests(chain, hostname, null);
  return timeless.length === signed.length
    ? { code: 'broker-certificate-expired', chain: signed }
    : { code: 'broker-name-wrong', chain: signed };
}

function vouchesFor(authority: X509Certificate, certificate: X509Certificate): boolean {
  return (
    authority.ca && certificate.checkIssued(authority) && certificate.verify(authority.publicKey)
  );
}

function isForHost(certificate: X509Certificate, hostname: string): boolean {
  const host = hostname.replaceAll(/[[\]]/g, '');
  const match =
    isIP(host) === 0
      ? certificate.checkHost(host, { subject: 'never', partialWildcards: false })
      : certificate.checkIP(host);
  return match !== undefined;
}

function isForServers({ keyUsage }: X509Certificate): boolean {
  // Node gives the extended key usage by this name; a certificate without it is for any use.
  const usages: readonly string[] | undefined = keyUsage;
  return usages === undefined || usages.includes(serverAuth);
}

function isValidAt({ validFrom, validTo }: X509Certificate, now: number): boolean {
  return Date.parse(validFrom) <= now && now <= Date.parse(validTo);
}

function digestOf({ publicKey }: X509Certificate): string {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(spki).digest('base64url');
}

function read(pem: string): X509Certificate[] {
  try {
    return [new X509Certificate(pem)];
  } catch {
    return []; // not a certificate, as the one who asks finds by the number of them
  }
}
