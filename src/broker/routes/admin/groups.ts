import type { Groups } from '../../access/groups.ts';
import type { Handlers } from '../handlers.ts';

type GroupRoutes = 'listGroups' | 'createGroup' | 'changeGroup' | 'removeGroup';

export function groupHandlers({ groups }: { groups: Groups }): Pick<Handlers, GroupRoutes> {
  return {
    listGroups: async () => ({ groups: await groups.list() }),
    createGroup: ({ body, caller }) => groups.create(body, caller.by),
    changeGroup: ({ params, body, caller }) => groups.change(params.id, body, caller.by),
    removeGroup: ({ params, caller }) => groups.remove(params.id, caller.by),
  };
}
