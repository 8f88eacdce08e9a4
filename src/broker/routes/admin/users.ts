import type { Users } from '../../access/users.ts';
import type { Handlers } from '../handlers.ts';

type UserRoutes = 'listUsers' | 'createUser' | 'changeUser' | 'removeUser';

export function userHandlers({ users }: { users: Users }): Pick<Handlers, UserRoutes> {
  return {
    listUsers: async () => ({ users: await users.list() }),
    createUser: ({ body, caller }) => users.create(body, caller.by),
    changeUser: ({ params, body, caller }) => users.change(params.id, body, caller.by),
    removeUser: ({ params, caller }) => users.remove(params.id, caller.by),
  };
}
