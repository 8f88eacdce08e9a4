import { readFile } from 'node:fs/promises';
import { CodedError } from '../../contract/errors.ts';
import { digestOf, keyFits, readChain } from './chain.ts';
import type { ServerCertificate } from './server-certificate.ts';

/** Reads a certificate that was made elsewhere. @throws config-invalid */
export async function readGivenCertificate(
  files: { cert: string; key: string },
  now: number,
): Promise<ServerCertificate> {
  const given = { chain: await read(files.cert), key: await read(files.key) };
  const [leaf] = readable(given.chain, files.cert);
  if (leaf === undefined) throw invalid(`${files.cert} holds no certificate`);
  if (!keyFits(given)) throw invalid(`${files.key} is not the key of ${files.cert}`);
  if (now >= leaf.validToDate.getTime()) throw invalid(`${files.cert} expired on ${leaf.validTo}`);
  return given;
}

/**
 * The last certificate of the file, which the others may be traced to: terminals pin its key. With
 * an authority there, it may issue another certificate for the broker at any time; without, the
 * key of the server itself has to stay, or to be announced.
 */
export function lastOf({ chain }: ServerCertificate): { digest: string; certificate: string } {
  const last = readChain(chain).at(-1);
  if (last === undefined) throw new Error('a certificate was taken that is none');
  return { digest: digestOf(last), certificate: last.toString() };
}

function readable(pem: string, file: string) {
  try {
    return readChain(pem);
  } catch (cause) {
    throw invalid(`${file} holds something that is not a certificate`, cause);
  }
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw invalid(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function invalid(what: string, cause?: unknown): CodedError {
  return new CodedError('config-invalid', { detail: `tls: ${what}`, cause });
}
