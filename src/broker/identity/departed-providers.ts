import { doneBy } from '../access/audit-entry.ts';
import { byAdministrator } from '../access/memberships.ts';
import { signOutEverywhere } from '../access/signed-out.ts';
import { brokerItself } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Database } from '../store/store.ts';

type Deps = { db: Database; audit: Pick<AuditLog, 'append'> };

/**
 * Signs out whoever came by an identity provider that the configuration does not have any more, and
 * takes them out of the groups that it claimed. Their accounts stay: with the provider back, their
 * next sign-in brings all of it again.
 */
export async function signOutDeparted(
  { db, audit }: Deps,
  providers: readonly { id: string }[],
): Promise<void> {
  const known = providers.map(({ id }) => id);
  await db.transaction().execute(async (transaction) => {
    const users = await transaction
      .selectFrom('users')
      .select(['id', 'username', 'identity_provider as identityProvider'])
      .where('identity_provider', 'is not', null)
      .$if(known.length > 0, (query) => query.where('identity_provider', 'not in', known))
      .execute();
    for (const { id, username, identityProvider } of users) {
      await signOutEverywhere(transaction, id);
      const { numDeletedRows } = await transaction
        .deleteFrom('group_members')
        .where('user_id', '=', id)
        .where('source', '!=', byAdministrator)
        .executeTakeFirst();
      // Told once, and not at each start from then on.
      if (numDeletedRows === 0n) continue;
      const target = { kind: 'user', id, name: username } as const;
      const detail = { changed: 'groups', identityProvider: identityProvider ?? '' };
      await audit.append(doneBy(brokerItself, 'user.changed', target, detail), transaction);
    }
  });
}
