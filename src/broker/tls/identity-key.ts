import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import * as jose from 'jose';
import { CodedError } from '../../contract/errors.ts';
import { type TrustStatement, trustStatementType } from '../../contract/identity.ts';
import { readKeyFile, syncFolder, writeKeyFile } from './key-files.ts';

/** The key (P-256) by which terminals know this broker, whatever certificates it shows. */
export type IdentityKey = {
  /** RFC 7638. */
  readonly thumbprint: string;
  /** The statement as JWS in its compact form. */
  sign(statement: Omit<TrustStatement, 'iss'>): Promise<string>;
};

export function identityFiles(folder: string) {
  return {
    current: join(folder, 'identity.jwk'),
    /** There for the moment in which one key hands over to the next. */
    next: join(folder, 'next-identity.jwk'),
  };
}

/** The key in this file; makes one where there is none. @throws store-damaged */
export async function ensureIdentityKey(file: string): Promise<IdentityKey> {
  const text = await readKeyFile(file);
  return text === null ? createIdentityKey(file) : identityKeyOf(parse(text, file));
}

export async function createIdentityKey(file: string): Promise<IdentityKey> {
  const { privateKey } = await jose.generateKeyPair('ES256', { extractable: true });
  const jwk = await jose.exportJWK(privateKey);
  await writeKeyFile(file, JSON.stringify(jwk), 'secret');
  return identityKeyOf(jwk);
}

/**
 * Makes the next key the current one when it has spoken already, which a power cut may have kept
 * from being done at once. One that has not spoken is nobody's, and replaced by the next.
 * @param latest thumbprint of the key that signed the last statement
 */
export async function settleNextKey(folder: string, latest: string | null): Promise<void> {
  const { current, next } = identityFiles(folder);
  const text = await readKeyFile(next);
  if (text === null || (await identityKeyOf(parse(text, next))).thumbprint !== latest) return;
  await rename(next, current);
  await syncFolder(folder);
}

async function identityKeyOf(jwk: jose.JWK): Promise<IdentityKey> {
  const { kty, crv, x, y } = jwk;
  const publicKey = { kty, crv, x, y } as jose.JWK; // undefined would be none of an EC key
  const thumbprint = await jose.calculateJwkThumbprint(publicKey);
  const key = await jose.importJWK(jwk, 'ES256');
  return {
    thumbprint,
    sign: (statement) =>
      new jose.SignJWT({ ...statement, iss: thumbprint })
        .setProtectedHeader({ alg: 'ES256', typ: trustStatementType, jwk: publicKey })
        .sign(key),
  };
}

function parse(text: string, file: string): jose.JWK {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which is a secret.
    throw new CodedError('store-damaged', { detail: `${file} is not a key` });
  }
}
