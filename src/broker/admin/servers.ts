import type { z } from 'zod';
import { CodedError } from '../../contract/errors.ts';
import {
  newServerSchema,
  newSnapshotSchema,
  serverChangeSchema,
  type VirtualServer,
} from '../../contract/server.ts';
import { commandLine } from '../audit/actor.ts';
import { checkedInput } from '../checked-input.ts';
import { serversOfTheBroker } from '../servers/server-control.ts';
import { createServers, type ServersDeps } from '../servers/servers.ts';
import { createSnapshots } from '../servers/snapshots.ts';

/** A server, and a snapshot of it, are called by their names or their ids. */
type ServerChange = { server: string } & z.input<typeof serverChangeSchema>;
type SnapshotOf = { server: string; snapshot: string };

export function serverAdmin(deps: Omit<ServersDeps, 'control'>) {
  const control = serversOfTheBroker(deps);
  const servers = createServers({ ...deps, control });
  const snapshots = createSnapshots({ ...deps, control });

  async function find(nameOrId: string): Promise<VirtualServer> {
    const named = (await servers.list()).find(
      ({ id, name }) => id === nameOrId || name === nameOrId,
    );
    if (named !== undefined) return named;
    throw new CodedError('command-invalid', { detail: `there is no virtual server ${nameOrId}` });
  }

  async function findSnapshot({ server, snapshot: typed }: SnapshotOf) {
    const { id: serverId, snapshots: all } = await find(server);
    const found = all.filter(({ id, name }) => id === typed || name === typed);
    const [snapshot, another] = found;
    if (snapshot !== undefined && another === undefined) return { serverId, id: snapshot.id };
    const how = snapshot === undefined ? 'no' : 'more than one';
    throw new CodedError('command-invalid', { detail: `there is ${how} snapshot ${typed}` });
  }

  return {
    listServers: () => servers.list(),

    addServer: async (server: z.input<typeof newServerSchema>) =>
      servers.create(checkedInput(newServerSchema, server), commandLine),

    changeServer: async ({ server, ...change }: ServerChange) => {
      const { id } = await find(server);
      return servers.change(id, checkedInput(serverChangeSchema, change), commandLine);
    },

    /** What went back to the host. */
    removeServer: async (server: string) => servers.remove((await find(server)).id, commandLine),

    /** A running broker starts and stops it at its next look. */
    startServer: async (server: string) => servers.start((await find(server)).id, commandLine),
    stopServer: async (server: string) => servers.stop((await find(server)).id, commandLine),

    addSnapshot: async ({ server, name }: { server: string; name: string }) => {
      const { id } = await find(server);
      return snapshots.create(id, checkedInput(newSnapshotSchema, { name }).name, commandLine);
    },

    restoreSnapshot: async (which: SnapshotOf): Promise<void> => {
      const { serverId, id } = await findSnapshot(which);
      await snapshots.restore(serverId, id, commandLine);
    },

    removeSnapshot: async (which: SnapshotOf) => {
      const { serverId, id } = await findSnapshot(which);
      return snapshots.remove(serverId, id, commandLine);
    },
  };
}
