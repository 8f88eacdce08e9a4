import { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import type { Clock } from '../../../contract/clock.ts';
import type { OidcArtifactTable } from '../../store/schema.ts';
import type { Database } from '../../store/store.ts';
import { hashSecret } from '../secret.ts';
import { createRotation } from './rotation.ts';
import { createSeenProofs } from './seen-proofs.ts';

/** What oidc-provider keeps, in the store. */
export type Artifacts = {
  /** As oidc-provider wants it: one for each of its models. */
  adapter(model: string): Adapter;
  /** Makes every token and code of a grant worthless, and the grant itself. */
  revokeGrant(grantId: string, transaction?: Database): Promise<void>;
  /** Forgets what has expired. */
  purge(): Promise<void>;
};

/** Whoever knows one of these ids has a token: they are kept as hashes only. */
const secretModels: ReadonlySet<string> = new Set([
  'AccessToken',
  'AuthorizationCode',
  'DeviceCode',
  'RefreshToken',
]);

export function createArtifacts({ db, clock }: { db: Database; clock: Clock }): Artifacts {
  let newest = 0;

  /** Grows with each artifact, so that of two made in one millisecond the later is known. */
  function stamp(): number {
    newest = Math.max(clock.now(), newest + 1);
    return newest;
  }

  function adapterOf(model: string): Adapter {
    const secret = secretModels.has(model);
    const keyOf = (id: string) => (secret ? hashSecret(id) : id);
    const rotation = model === 'RefreshToken' ? createRotation({ db, clock }) : null;

    const unexpired = () =>
      db
        .selectFrom('oidc_artifacts')
        .select(['payload', 'grant_id', 'created_at', 'consumed_at'])
        .where('model', '=', model)
        .where((where) =>
          where.or([where('expires_at', 'is', null), where('expires_at', '>', clock.now())]),
        );

    return {
      upsert: async (id, { jti, ...payload }, expiresIn) => {
        const row = {
          payload: JSON.stringify(secret ? payload : { ...payload, jti }),
          account_id: accountIn(payload),
          grant_id: payload.grantId ?? null,
          user_code: payload.userCode ?? null,
          uid: payload.uid ?? null,
          expires_at: expiresIn === undefined ? null : clock.now() + expiresIn * 1000,
        };
        await db
          .insertInto('oidc_artifacts')
          .values({ model, id: keyOf(id), ...row, created_at: stamp(), consumed_at: null })
          .onConflict((conflict) => conflict.columns(['model', 'id']).doUpdateSet(row))
          .execute();
      },

      find: async (id) => {
        const row = await unexpired().where('id', '=', keyOf(id)).executeTakeFirst();
        if (row === undefined) return undefined;
        const usedUp = rotation === null ? isConsumed(row) : await rotation.isUsedUp(row);
        return { ...payloadOf(row, usedUp), jti: id };
      },

      findByUid: async (uid) => {
        const row = await unexpired().where('uid', '=', uid).executeTakeFirst();
        return row && payloadOf(row, isConsumed(row));
      },

      findByUserCode: async (userCode) => {
        const row = await unexpired().where('user_code', '=', userCode).executeTakeFirst();
        return row && payloadOf(row, isConsumed(row));
      },

      consume: async (id) => {
        if (rotation !== null) return rotation.consume(keyOf(id));
        const { numUpdatedRows } = await db
          .updateTable('oidc_artifacts')
          .set({ consumed_at: clock.now() })
          .where('model', '=', model)
          .where('id', '=', keyOf(id))
          .where('consumed_at', 'is', null)
          .executeTakeFirst();
        // Of two requests that both found it unused, one comes too late.
        if (numUpdatedRows === 0n) throw new errors.InvalidGrant(`${model} already consumed`);
      },

      destroy: async (id) => {
        await db
          .deleteFrom('oidc_artifacts')
          .where('model', '=', model)
          .where('id', '=', keyOf(id))
          .execute();
      },

      revokeByGrantId: async (grantId) => {
        await db
          .deleteFrom('oidc_artifacts')
          .where('model', '=', model)
          .where('grant_id', '=', grantId)
          .execute();
      },
    };
  }

  return {
    adapter: (model) =>
      model === 'ReplayDetection'
        ? createSeenProofs({ db, clock }, adapterOf(model))
        : adapterOf(model),
    revokeGrant: (grantId, transaction) => revokeGrant(transaction ?? db, grantId),
    purge: async () => {
      await db.deleteFrom('oidc_artifacts').where('expires_at', '<=', clock.now()).execute();
    },
  };
}

export async function revokeGrant(db: Database, grantId: string): Promise<void> {
  await db
    .deleteFrom('oidc_artifacts')
    .where((where) =>
      where.or([
        where('grant_id', '=', grantId),
        where.and([where('model', '=', 'Grant'), where('id', '=', grantId)]),
      ]),
    )
    .execute();
}

/** A sign-in under way names who it is of only in what came of it, or in the session it began with. */
function accountIn({ accountId, result, session }: AdapterPayload): string | null {
  return accountId ?? result?.login?.accountId ?? session?.accountId ?? null;
}

type Row = Pick<OidcArtifactTable, 'payload' | 'consumed_at'>;

function isConsumed({ consumed_at }: Row): boolean {
  return consumed_at !== null;
}

function payloadOf({ payload }: Row, consumed: boolean): AdapterPayload {
  const parsed: AdapterPayload = JSON.parse(payload);
  return consumed ? { ...parsed, consumed } : parsed;
}
