import type { FastifyReply, FastifyRequest } from 'fastify';
import type { User } from '../../contract/broker-api.ts';
import type { Permission } from '../../contract/permissions.ts';
import type { Actor } from '../audit/actor.ts';
import type { Database } from '../store/store.ts';
import { pagesClientId } from './provider/clients.ts';
import { originOf, type Providers } from './provider/providers.ts';

/** Who is signed in at the broker's own pages. */
export type PageSession = { user: User; permissions: ReadonlySet<Permission>; by: Actor };

export type PageSessions = {
  of(request: FastifyRequest, reply: FastifyReply): Promise<PageSession | null>;
};

type Deps = {
  db: Database;
  providers: Providers;
  permissionsOf(userId: string): Promise<ReadonlySet<Permission>>;
};

/** The sessions of browsers, by the cookie that oidc-provider gives them at a sign-in. */
export function createPageSessions({ db, providers, permissionsOf }: Deps): PageSessions {
  return {
    of: async (request, reply) => {
      const provider = providers.at(originOf(request));
      const session = await provider.Session.get(provider.createContext(request.raw, reply.raw));
      // Whoever signs in at a terminal has not thereby signed in at the pages.
      const here = session.authorizations?.[pagesClientId] !== undefined;
      if (!here || session.accountId === undefined) return null;
      const user = await db
        .selectFrom('users')
        .select(['id', 'username', 'display_name as displayName'])
        .where('id', '=', session.accountId)
        .where('kind', '=', 'person')
        .where('disabled_at', 'is', null)
        .executeTakeFirst();
      if (user === undefined) return null;
      return {
        user,
        permissions: await permissionsOf(user.id),
        by: {
          actor: { kind: 'user', id: user.id, name: user.username },
          address: request.ip,
          terminalId: null,
        },
      };
    },
  };
}
