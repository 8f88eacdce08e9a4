import { createHash, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

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
 * @param hostname as in the URL, an IPv6 address with or without brackets
 * @param now milliseconds since the epoch
 */
export function chainDigests(chain: readonly string[], hostname: string, now: number): string[] {
  const certificates = chain.flatMap(read);
  const [leaf] = certificates;
  if (leaf === undefined || certificates.length !== chain.length) return [];
  if (!isForHost(leaf, hostname) || !isForServers(leaf)) return [];
  const holding: X509Certificate[] = [];
  for (const certificate of certificates) {
    const below = holding.at(-1);
    if (!isValidAt(certificate, now)) break;
    if (below !== undefined && !vouchesFor(certificate, below)) break;
    holding.push(certificate);
  }
  return holding.map(digestOf);
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
