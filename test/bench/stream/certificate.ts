import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createAuthority, issueCertificate } from '../../../src/broker/tls/authority.ts';
import type { AsyncDisposable } from '../../../src/contract/disposable.ts';

/** Where the files are, in PEM. */
export type CertificateFiles = { cert: string; key: string };

/** A certificate as the broker makes its own, for all that the bench compares. */
export async function createCertificate(): Promise<AsyncDisposable & CertificateFiles> {
  const now = Date.now();
  const { chain, key } = await issueCertificate(await createAuthority(now), ['127.0.0.1'], now);
  const folder = await mkdtemp(path.join(tmpdir(), 'certificate-'));
  const files = { cert: path.join(folder, 'cert.pem'), key: path.join(folder, 'key.pem') };
  await writeFile(files.cert, chain);
  await writeFile(files.key, key, { mode: 0o600 });
  return { ...files, dispose: () => rm(folder, { recursive: true, force: true }) };
}

/** What a TLS server of Node is made of, with the version that the broker has. */
export async function tlsOptions({ cert, key }: CertificateFiles) {
  return {
    cert: await readFile(cert, 'utf8'),
    key: await readFile(key, 'utf8'),
    minVersion: 'TLSv1.3' as const,
  };
}
