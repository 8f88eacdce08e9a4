// The X.509 library finds its parts by this; nothing else here may count on it.
import 'reflect-metadata';
import { createPrivateKey, KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import { digestOf, readChain } from './chain.ts';
import type { ServerCertificate } from './server-certificate.ts';

/** A certificate authority: the broker's own, which vouches for its server and nothing else. */
export type Authority = {
  /** PEM. */
  certificate: string;
  /** PEM, PKCS #8. */
  key: string;
};

const day = 24 * 60 * 60 * 1000;
const authorityLife = 3650 * day;
const serverLife = 90 * day;
/** Clocks of terminals may be behind. */
const earlier = day;

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' } as const;

/** @param now milliseconds since the epoch */
export async function createAuthority(now: number): Promise<Authority> {
  const keys = await generateKeys();
  const { KeyUsageFlags } = x509;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [`Porthole CA ${new Date(now).toISOString().slice(0, 10)}`] }],
    keys,
    signingAlgorithm,
    ...validity(now, authorityLife),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: certificate.toString('pem'), key: exportKey(keys.privateKey) };
}

/** @param names DNS names and IP addresses that the certificate is for */
export async function issueCertificate(
  authority: Authority,
  names: readonly string[],
  now: number,
): Promise<ServerCertificate> {
  const keys = await generateKeys();
  const issuer = new x509.X509Certificate(authority.certificate);
  const subjectNames = names.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value }) as const);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [{ CN: ['Porthole broker'] }],
    issuer: issuer.subject,
    publicKey: keys.publicKey,
    signingKey: await signingKeyOf(authority),
    signingAlgorithm,
    ...validity(now, serverLife),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(subjectNames),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return {
    chain: `${certificate.toString('pem')}\n${authority.certificate.trim()}\n`,
    key: exportKey(keys.privateKey),
  };
}

/**
 * Whether a certificate will do for now: of this authority, for just these names, and with more
 * than a third of its life before it.
 */
export function isCurrent(
  { chain }: ServerCertificate,
  authority: Authority,
  names: readonly string[],
  now: number,
): boolean {
  const [leaf, issuer] = readChain(chain);
  const [own] = readChain(authority.certificate);
  if (leaf === undefined || issuer === undefined || own === undefined) return false;
  const { validFromDate, validToDate } = leaf;
  const life = validToDate.getTime() - validFromDate.getTime();
  return (
    digestOf(issuer) === digestOf(own) &&
    now >= validFromDate.getTime() &&
    now < validFromDate.getTime() + (life * 2) / 3 &&
    sameNames(namesIn(chain), names)
  );
}

function namesIn(chain: string): string[] {
  const certificate = new x509.X509Certificate(chain);
  const extension = certificate.getExtension(x509.SubjectAlternativeNameExtension);
  return extension?.names.items.map(({ value }) => value) ?? [];
}

function sameNames(these: readonly string[], those: readonly string[]): boolean {
  return these.length === those.length && these.every((name) => those.includes(name));
}

function validity(now: number, life: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now - earlier), notAfter: new Date(now + life) };
}

function generateKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

function exportKey(key: CryptoKey): string {
  return KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }).toString();
}

async function signingKeyOf({ key }: Authority): Promise<CryptoKey> {
  const pkcs8 = createPrivateKey(key).export({ type: 'pkcs8', format: 'der' });
  return crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
}
