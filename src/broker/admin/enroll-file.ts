import { open, readFile, rm } from 'node:fs/promises';
import { CodedError } from '../../contract/errors.ts';
import { brokerAddressSchema } from '../../contract/terminal.ts';
import { digestOf, readChain } from '../tls/chain.ts';

/**
 * What terminals that enroll by themselves know of their broker: the public key that its certificate
 * has to be traced to, by its digest.
 */
export type KnownBroker = { broker: string; ca: string };

/**
 * @param broker as people type it
 * @param caFile certificates in PEM; the last is the one that counts
 * @throws command-invalid when the address is none, or there is no certificate
 */
export async function knownBroker(broker: string, caFile: string): Promise<KnownBroker> {
  const address = brokerAddressSchema.safeParse(broker);
  if (!address.success) {
    throw new CodedError('command-invalid', { detail: `${broker} is not the address of a broker` });
  }
  return { broker: address.data, ca: await anchorIn(caFile) };
}

async function anchorIn(file: string): Promise<string> {
  try {
    const certificate = readChain(await readFile(file, 'utf8')).at(-1);
    if (certificate === undefined) throw new Error('it holds no certificate');
    return digestOf(certificate);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CodedError('command-invalid', { detail: `certificate ${file}: ${reason}`, cause });
  }
}

/**
 * Writes the file that terminals enroll with: `{ broker, token, ca }`, readable by this user alone.
 * The token is only made once there is a place for it, and the place given up when there is none.
 * @throws command-invalid when the file is there already, or cannot be made
 */
export async function writeEnrollFile(
  file: string,
  { broker, ca }: KnownBroker,
  makeToken: () => Promise<string>,
): Promise<void> {
  const handle = await open(file, 'wx', 0o600).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CodedError('command-invalid', { detail: reason, cause });
  });
  try {
    const token = await makeToken();
    await handle.writeFile(`${JSON.stringify({ broker, token, ca }, null, 2)}\n`);
    await handle.sync();
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}
