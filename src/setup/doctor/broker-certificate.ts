import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keysFolder } from '../../broker/tls/key-files.ts';
import type { Finding } from './check.ts';

const nearEndMs = 14 * 24 * 60 * 60 * 1000;

/** What a broker of this configuration shows: the certificate that it was given, or its own. */
export function shownCertificate(broker: {
  dataDir: string;
  tls: { cert?: string | undefined };
}): string {
  return broker.tls.cert ?? join(keysFolder(broker.dataDir), 'server.pem');
}

/**
 * Whether a broker's certificate is good for two more weeks.
 * @param now milliseconds since the epoch
 */
export async function probeBrokerCertificate(file: string, now: number): Promise<Finding> {
  const { validToDate } = new X509Certificate(await readFile(file));
  const found = `${file}, until ${validToDate.toISOString().slice(0, 10)}`;
  return { ok: validToDate.getTime() - now > nearEndMs, found };
}
