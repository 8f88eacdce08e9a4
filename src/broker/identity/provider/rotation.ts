import type { Clock } from '../../../contract/clock.ts';
import type { OidcArtifactTable } from '../../store/schema.ts';
import type { Database } from '../../store/store.ts';

type Row = Pick<OidcArtifactTable, 'grant_id' | 'created_at' | 'consumed_at'>;

export type Rotation = {
  /** Whether the token was used up for good. */
  isUsedUp(row: Row): Promise<boolean>;
  consume(id: string): Promise<void>;
};

const model = 'RefreshToken';

/** In place of the time at which it was used: what was issued but never arrived. */
const givenUp = 0;

/** How many used tokens of a family are remembered, so that a renewal every few minutes costs nothing. */
const rememberedTokens = 8;

/** How long the second use of a used token is told from the use of one that never was. */
const rememberedMs = 7 * 24 * 60 * 60 * 1000;

/**
 * Rotation of refresh tokens (RFC 9700 section 4.14.2) that a lost answer does no harm to. A
 * terminal whose power goes between the broker's answer and its vault has nothing but the token
 * that it used last. So a token is used up only once one that came after it was used, which proves
 * that the answer arrived. Until then it may be used again: what was issued for it before is given
 * up, and whoever comes with that later has it from somewhere else, as has whoever comes with a
 * token that is used up. Both cost the whole family.
 */
export function createRotation({ db, clock }: { db: Database; clock: Clock }): Rotation {
  const tokens = () => db.selectFrom('oidc_artifacts').where('model', '=', model);

  async function laterWasUsed({ grant_id, created_at }: Row): Promise<boolean> {
    const later = await tokens()
      .select('id')
      .where('grant_id', '=', grant_id)
      .where('created_at', '>', created_at)
      .where('consumed_at', '>', givenUp)
      .executeTakeFirst();
    return later !== undefined;
  }

  return {
    isUsedUp: async (row) => {
      if (row.consumed_at === null) return false;
      return row.consumed_at === givenUp || (await laterWasUsed(row));
    },

    consume: async (id) => {
      const now = clock.now();
      await db.transaction().execute(async (transaction) => {
        const used = await transaction
          .selectFrom('oidc_artifacts')
          .select(['grant_id', 'created_at'])
          .where('model', '=', model)
          .where('id', '=', id)
          .executeTakeFirst();
        if (used === undefined) return;
        const family = transaction
          .updateTable('oidc_artifacts')
          .where('model', '=', model)
          .where('grant_id', '=', used.grant_id);
        await family
          .where('created_at', '>', used.created_at)
          .set({ consumed_at: givenUp })
          .execute();
        await family.where('id', '=', id).set({ consumed_at: now }).execute();
        await family
          .where('created_at', '<', used.created_at)
          .where('expires_at', '>', now + rememberedMs)
          .set({ expires_at: now + rememberedMs })
          .execute();
        await forgetOld(transaction, used);
      });
    },
  };
}

async function forgetOld(
  transaction: Database,
  { grant_id, created_at }: Pick<Row, 'grant_id' | 'created_at'>,
): Promise<void> {
  const oldest = await transaction
    .selectFrom('oidc_artifacts')
    .select('created_at')
    .where('model', '=', model)
    .where('grant_id', '=', grant_id)
    .where('created_at', '<', created_at)
    .orderBy('created_at', 'desc')
    .offset(rememberedTokens - 1)
    .limit(1)
    .executeTakeFirst();
  if (oldest === undefined) return;
  await transaction
    .deleteFrom('oidc_artifacts')
    .where('model', '=', model)
    .where('grant_id', '=', grant_id)
    .where('created_at', '<', oldest.created_at)
    .execute();
}
