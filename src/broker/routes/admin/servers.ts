import type { Servers } from '../../servers/servers.ts';
import type { Snapshots } from '../../servers/snapshots.ts';
import type { Handlers } from '../handlers.ts';
import { ofNamedImage } from './named-image.ts';

type Deps = { servers: Servers; snapshots: Snapshots };

type ServerRoutes =
  | 'listServers'
  | 'createServer'
  | 'changeServer'
  | 'removeServer'
  | 'startServer'
  | 'stopServer'
  | 'createSnapshot'
  | 'restoreSnapshot'
  | 'removeSnapshot';

export function serverHandlers({ servers, snapshots }: Deps): Pick<Handlers, ServerRoutes> {
  return {
    listServers: async () => ({ servers: await servers.list() }),
    createServer: ({ body, caller }) => ofNamedImage(servers.create(body, caller.by)),
    changeServer: ({ params, body, caller }) => servers.change(params.id, body, caller.by),
    removeServer: ({ params, caller }) => servers.remove(params.id, caller.by),
    startServer: ({ params, caller }) => servers.start(params.id, caller.by),
    stopServer: ({ params, caller }) => servers.stop(params.id, caller.by),
    createSnapshot: ({ params, body, caller }) => snapshots.create(params.id, body.name, caller.by),
    restoreSnapshot: async ({ params, caller }) => {
      await snapshots.restore(params.id, params.snapshotId, caller.by);
      return servers.find(params.id);
    },
    removeSnapshot: ({ params, caller }) =>
      snapshots.remove(params.id, params.snapshotId, caller.by),
  };
}
