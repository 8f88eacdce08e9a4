import type { KeptDisks } from '../../pools/kept-disks.ts';
import type { Pools } from '../../pools/pools.ts';
import type { Handlers } from '../handlers.ts';

type Deps = { pools: Pools; keptDisks: KeptDisks };

type PoolRoutes =
  | 'listPools'
  | 'createPool'
  | 'changePool'
  | 'removePool'
  | 'listPoolDisks'
  | 'resetPoolDisk';

export function poolHandlers({ pools, keptDisks }: Deps): Pick<Handlers, PoolRoutes> {
  return {
    listPools: async () => ({ pools: await pools.list() }),
    createPool: ({ body, caller }) => pools.create(body, caller.by),
    changePool: ({ params, body, caller }) => pools.change(params.id, body, caller.by),
    removePool: ({ params, query, caller }) => pools.remove(params.id, query, caller.by),
    listPoolDisks: async ({ params }) => ({ disks: await keptDisks.list(params.id) }),
    resetPoolDisk: ({ params, caller }) => keptDisks.reset(params.id, params.diskId, caller.by),
  };
}
