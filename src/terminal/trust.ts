import * as jose from 'jose';
import { CodedError } from '../contract/errors.ts';
import {
  type Trust,
  type TrustStatement,
  trustStatementSchema,
  trustStatementType,
} from '../contract/identity.ts';
import type { Introduction } from './network.ts';

/**
 * What the terminal believes of its broker after it heard these statements.
 *
 * At first contact (`trust` is null) there is nothing to hold them against: the last one is taken
 * at its word, as long as the broker shows one of the keys that it names. From then on only the key
 * that was pinned is believed, and whichever it names as its successor.
 *
 * @param statements of `GET /v1/trust`, the oldest first
 * @param shown what the broker showed: see Introduction
 * @throws broker-key-changed when a statement is not by the pinned key or a successor of it, or the
 *   chain is not traced to what they say; broker-name-wrong or broker-certificate-expired when only
 *   that keeps it from being so; broker-answer-invalid when there is nothing to believe, or a broker
 *   that nothing is known of shows none of the keys that it names
 */
export async function adoptStatements(
  trust: Trust | null,
  statements: readonly string[],
  { chain, fault }: Pick<Introduction, 'chain' | 'fault'>,
): Promise<Trust> {
  const adopted = trust === null ? await firstTrust(statements) : await follow(trust, statements);
  if (meets(adopted, chain)) return adopted;
  if (fault !== null && meets(adopted, fault.chain)) throw new CodedError(fault.code);
  if (trust !== null) throw new CodedError('broker-key-changed');
  throw new CodedError('broker-answer-invalid', { detail: 'it shows no key that it names' });
}

/** Whether the broker showed one of the keys that it is known by. */
export function meets({ anchors }: Pick<Trust, 'anchors'>, chain: readonly string[]): boolean {
  return chain.some((digest) => anchors.includes(digest));
}

async function firstTrust(statements: readonly string[]): Promise<Trust> {
  const last = statements.at(-1);
  const statement = last === undefined ? null : await verified(last);
  if (statement === null) throw new CodedError('broker-answer-invalid', { detail: 'trust' });
  return trustIn(statement);
}

async function follow(trust: Trust, statements: readonly string[]): Promise<Trust> {
  let believed = trust;
  for (const jws of statements) {
    const statement = await verified(jws);
    if (statement === null) throw new CodedError('broker-key-changed');
    // Heard already, or older than what was: it changes nothing, whoever says it again.
    if (statement.sequence <= believed.sequence) continue;
    if (statement.iss !== believed.identityKey) throw new CodedError('broker-key-changed');
    believed = trustIn(statement);
  }
  return believed;
}

function trustIn({ iss, successor, anchors, sequence }: TrustStatement): Trust {
  return { anchors, identityKey: successor ?? iss, sequence };
}

/** What a statement says, by the key that it says it is signed by; null when it is not. */
async function verified(jws: string): Promise<TrustStatement | null> {
  try {
    const { payload, protectedHeader } = await jose.jwtVerify(jws, jose.EmbeddedJWK, {
      algorithms: ['ES256'],
      typ: trustStatementType,
    });
    const statement = trustStatementSchema.parse(payload);
    const { jwk } = protectedHeader;
    if (jwk === undefined) return null;
    return (await jose.calculateJwkThumbprint(jwk)) === statement.iss ? statement : null;
  } catch {
    return null; // whatever is wrong with it, it is not to be believed
  }
}
