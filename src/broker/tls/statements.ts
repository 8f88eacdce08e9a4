import { join } from 'node:path';
import * as jose from 'jose';
import { z } from 'zod';
import { CodedError } from '../../contract/errors.ts';
import { type TrustStatement, trustStatementSchema } from '../../contract/identity.ts';
import type { IdentityKey } from './identity-key.ts';
import { readKeyFile, writeKeyFile } from './key-files.ts';

/** What the broker has said of its keys: JWS, the oldest first. */
export type Statements = readonly string[];

const statementsSchema = z.array(z.string());

/** @throws store-damaged */
export async function readStatements(folder: string): Promise<Statements> {
  const text = await readKeyFile(fileIn(folder));
  if (text === null) return [];
  try {
    const statements = statementsSchema.parse(JSON.parse(text));
    statements.forEach(contentOf);
    return statements;
  } catch (cause) {
    throw new CodedError('store-damaged', { detail: fileIn(folder), cause });
  }
}

export async function writeStatements(folder: string, statements: Statements): Promise<void> {
  await writeKeyFile(fileIn(folder), JSON.stringify(statements, null, 2), 'public');
}

/** What the last one says. */
export function latestOf(statements: Statements): TrustStatement | null {
  const last = statements.at(-1);
  return last === undefined ? null : contentOf(last);
}

/**
 * The statements with one more. Terminals need those that name a successor, to get from the key that
 * they know to the one of today, and the last; the others are dropped.
 *
 * @param now milliseconds since the epoch
 */
export async function withStatement(
  statements: Statements,
  key: IdentityKey,
  said: Pick<TrustStatement, 'anchors' | 'successor'>,
  now: number,
): Promise<Statements> {
  const iat = Math.floor(now / 1000);
  // By the time, so that it is later than all that was said before a backup was restored.
  const sequence = Math.max((latestOf(statements)?.sequence ?? -1) + 1, iat);
  const signed = await key.sign({ ...said, sequence, iat });
  return [...statements.filter((jws) => contentOf(jws).successor !== undefined), signed];
}

/** They are the broker's own, from its own folder: no need to verify them. */
function contentOf(jws: string): TrustStatement {
  return trustStatementSchema.parse(jose.decodeJwt(jws));
}

function fileIn(folder: string): string {
  return join(folder, 'statements.json');
}
