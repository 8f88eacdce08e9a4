import type { Roles } from '../../access/roles.ts';
import type { Handlers } from '../handlers.ts';

type RoleRoutes = 'listRoles' | 'createRole' | 'changeRole' | 'removeRole';

export function roleHandlers({ roles }: { roles: Roles }): Pick<Handlers, RoleRoutes> {
  return {
    listRoles: async () => ({ roles: await roles.list() }),
    createRole: ({ body, caller }) => roles.create(body, caller.by),
    changeRole: ({ params, body, caller }) => roles.change(params.id, body, caller.by),
    removeRole: ({ params, caller }) => roles.remove(params.id, caller.by),
  };
}
