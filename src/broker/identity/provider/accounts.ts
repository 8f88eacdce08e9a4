import { calculateJwkThumbprint, decodeProtectedHeader } from 'jose';
import { type Account, errors, type KoaContextWithOIDC } from 'oidc-provider';
import { z } from 'zod';
import type { ErrorCode } from '../../../contract/errors.ts';
import { terminalIdSchema } from '../../../contract/identity.ts';
import type { Database } from '../../store/store.ts';

/** Who a token is of, as oidc-provider names them: a terminal itself, or a user by their id. */
export type AccountId = { kind: 'terminal'; id: string } | { kind: 'user'; id: string };

const terminalPrefix = 'terminal:';
const userIdSchema = z.uuid();

export function accountOfTerminal(terminalId: string): string {
  return `${terminalPrefix}${terminalId}`;
}

/** null for what is no account at all. */
export function parseAccountId(text: string): AccountId | null {
  if (userIdSchema.safeParse(text).success) return { kind: 'user', id: text };
  const terminal = terminalIdSchema.safeParse(text.slice(terminalPrefix.length));
  if (!text.startsWith(terminalPrefix) || !terminal.success) return null;
  return { kind: 'terminal', id: terminal.data };
}

type FindAccount = (
  ctx: KoaContextWithOIDC,
  id: string,
  token?: unknown,
) => Promise<Account | undefined>;

/**
 * The gate that every grant goes through. A token is given to a registered terminal alone, which
 * has proven its key in this very request: a copied token is worth nothing without the key, and a
 * copied key nothing once the terminal is revoked.
 */
export function createAccountGate({ db }: { db: Database }): FindAccount {
  async function refusalOf(account: AccountId, ctx: KoaContextWithOIDC): Promise<ErrorCode | null> {
    if (ctx.oidc.route === 'token') {
      const terminalId = await provenKey(ctx);
      if (!(await isRegistered(db, terminalId))) return 'terminal-unknown';
      if (account.kind === 'terminal') {
        return account.id === terminalId ? null : 'terminal-unknown';
      }
    }
    // A terminal never has a session on the broker's pages.
    if (account.kind === 'terminal') return 'not-signed-in';
    if (!(await isEnabled(db, account.id))) return 'not-signed-in';
    const used = ctx.oidc.entities.RefreshToken;
    return used === undefined || (await isSeated(db, used.grantId)) ? null : 'not-signed-in';
  }

  return async (ctx, id) => {
    const account = parseAccountId(id);
    const refusal = account === null ? 'not-signed-in' : await refusalOf(account, ctx);
    if (refusal === null) return { accountId: id, claims: () => ({ sub: id }) };
    if (ctx.oidc.route !== 'token') return undefined;
    throw new errors.CustomOIDCProviderError('invalid_grant', refusal);
  };
}

/** The thumbprint of the key of a proof that oidc-provider has verified, or is about to. */
async function provenKey(ctx: KoaContextWithOIDC): Promise<string> {
  const { jwk } = decodeProtectedHeader(ctx.get('DPoP'));
  return calculateJwkThumbprint(jwk ?? {});
}

export async function isRegistered(db: Database, terminalId: string): Promise<boolean> {
  const row = await db
    .selectFrom('terminals')
    .select('id')
    .where('id', '=', terminalId)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}

async function isEnabled(db: Database, userId: string): Promise<boolean> {
  const row = await db
    .selectFrom('users')
    .select('id')
    .where('id', '=', userId)
    .where('disabled_at', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}

/** Whoever was signed out has no seat any more, and gets no new tokens for old ones. */
async function isSeated(db: Database, grantId: string | undefined): Promise<boolean> {
  const row = await db
    .selectFrom('seats')
    .select('grant_id')
    .where('grant_id', '=', grantId ?? '')
    .executeTakeFirst();
  return row !== undefined;
}
