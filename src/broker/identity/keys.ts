import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { exportJWK, generateKeyPair } from 'jose';
import { z } from 'zod';
import { CodedError } from '../../contract/errors.ts';
import { keysFolder, readKeyFile, writeKeyFile } from '../tls/key-files.ts';

const secretSchema = z
  .string()
  .transform((text) => Buffer.from(text, 'base64url'))
  .refine((bytes) => bytes.length === 32, { error: 'a secret has 32 bytes' });

/** A private key as JWK, which signs ID tokens. */
const signingKeySchema = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  d: z.string(),
  alg: z.literal('ES256'),
  use: z.literal('sig'),
});

const keysSchema = z.object({
  /** Signs the cookies of the broker's pages. */
  cookies: secretSchema,
  /** Encrypts what the store keeps but must not tell, such as TOTP secrets. */
  data: secretSchema,
  signing: signingKeySchema,
});

/** The secrets of the broker as an OAuth server. Whoever has them is the broker. */
export type IdentityKeys = z.infer<typeof keysSchema>;

/** Reads the keys of a broker, and makes them at its first start. @throws store-damaged */
export async function openIdentityKeys(dataDir: string): Promise<IdentityKeys> {
  const file = join(keysFolder(dataDir), 'oidc.json');
  const text = (await readKeyFile(file)) ?? (await makeKeys(file));
  try {
    return keysSchema.parse(JSON.parse(text));
  } catch {
    // Not as the cause: what a parser says of a damaged file may quote the secrets in it.
    throw new CodedError('store-damaged', { detail: file });
  }
}

async function makeKeys(file: string): Promise<string> {
  const secret = () => randomBytes(32).toString('base64url');
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const signing = { ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig' };
  const keys = { cookies: secret(), data: secret(), signing };
  const text = JSON.stringify(keys);
  await writeKeyFile(file, text, 'secret');
  return text;
}
