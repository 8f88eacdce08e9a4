import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../../contract/errors.ts';
import { type Authority, createAuthority, isCurrent, issueCertificate } from './authority.ts';
import { digestOf, keyFits, readChain } from './chain.ts';
import { readKeyFile, syncFolder, writeKeyFile } from './key-files.ts';
import type { ServerCertificate } from './server-certificate.ts';

/** The files of the broker's own certificate authority, and of the server that it vouches for. */
export function ownFiles(folder: string) {
  return {
    ca: { certificate: join(folder, 'ca.pem'), key: join(folder, 'ca.key') },
    /** There while a roll-over is under way, until the switch. */
    nextCa: { certificate: join(folder, 'next-ca.pem'), key: join(folder, 'next-ca.key') },
    /** There after the switch, for terminals that have not met the new one. */
    previousCa: join(folder, 'previous-ca.pem'),
    server: { certificate: join(folder, 'server.pem'), key: join(folder, 'server.key') },
  };
}

type AuthorityFiles = { certificate: string; key: string };

/** Makes the certificate authority where there is none. @throws store-damaged */
export async function ensureAuthority(folder: string, now: number): Promise<void> {
  const { ca } = ownFiles(folder);
  await finishSwitch(folder);
  if ((await readKeyFile(ca.certificate)) !== null) return;
  await writeAuthority(ca, await createAuthority(now));
}

/** What the broker shows now, issued anew where it is due. @throws store-damaged */
export async function currentCertificate(
  folder: string,
  names: readonly string[],
  now: number,
): Promise<ServerCertificate> {
  const { ca, server } = ownFiles(folder);
  const authority = await readAuthority(ca);
  const [chain, key] = [await readKeyFile(server.certificate), await readKeyFile(server.key)];
  if (chain !== null && key !== null && isUsable({ chain, key }, authority, names, now)) {
    return { chain, key };
  }
  const issued = await issueCertificate(authority, names, now);
  // A power cut in between leaves two that do not fit each other, which is noticed above.
  await writeKeyFile(server.key, issued.key, 'secret');
  await writeKeyFile(server.certificate, issued.chain, 'public');
  return issued;
}

/** Digests of the authorities that terminals have to know: the one in use first. */
export async function announcedAuthorities(folder: string): Promise<string[]> {
  const { ca, nextCa, previousCa } = ownFiles(folder);
  const files = [ca.certificate, nextCa.certificate, previousCa];
  const certificates = await Promise.all(files.map(readKeyFile));
  return certificates.flatMap((pem) => (pem === null ? [] : readChain(pem).map(digestOf)));
}

/** @throws store-damaged */
export async function readAuthority({ certificate, key }: AuthorityFiles): Promise<Authority> {
  const authority = { certificate: await readKeyFile(certificate), key: await readKeyFile(key) };
  if (authority.certificate === null || authority.key === null) throw damaged(certificate);
  const read = { certificate: authority.certificate, key: authority.key };
  if (!keyFits({ chain: read.certificate, key: read.key })) throw damaged(certificate);
  return read;
}

/** The certificate comes last: where it is, the key is as well. */
export async function writeAuthority(files: AuthorityFiles, authority: Authority): Promise<void> {
  await writeKeyFile(files.key, authority.key, 'secret');
  await writeKeyFile(files.certificate, authority.certificate, 'public');
}

/** Puts the next authority into the place of the one in use, whose key is gone then. */
export async function switchAuthority(folder: string): Promise<void> {
  const { ca, nextCa, previousCa } = ownFiles(folder);
  const { certificate } = await readAuthority(ca);
  await writeKeyFile(previousCa, certificate, 'public');
  await rename(nextCa.key, ca.key);
  await rename(nextCa.certificate, ca.certificate);
  await syncFolder(folder);
}

/** Takes up what a power cut left half done: of a switch, or of the staging before it. */
export async function finishSwitch(folder: string): Promise<void> {
  const { ca, nextCa } = ownFiles(folder);
  const next = await readKeyFile(nextCa.certificate);
  if (next === null || (await readKeyFile(nextCa.key)) !== null) return;
  const key = await readKeyFile(ca.key);
  if (key !== null && keyFits({ chain: next, key })) {
    await rename(nextCa.certificate, ca.certificate);
  } else {
    await rm(nextCa.certificate, { force: true });
  }
  await syncFolder(folder);
}

function isUsable(
  certificate: ServerCertificate,
  authority: Authority,
  names: readonly string[],
  now: number,
): boolean {
  return keyFits(certificate) && isCurrent(certificate, authority, names, now);
}

function damaged(file: string): CodedError {
  return new CodedError('store-damaged', { detail: `${file} and its key do not belong together` });
}
