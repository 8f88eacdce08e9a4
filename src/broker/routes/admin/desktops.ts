import type { OfferedDesktops } from '../../access/offered-desktops.ts';
import type { Handlers } from '../handlers.ts';

type Deps = { offeredDesktops: OfferedDesktops };

type DesktopRoutes = 'listOfferedDesktops' | 'createDesktop' | 'changeDesktop' | 'removeDesktop';

export function offeredDesktopHandlers({ offeredDesktops }: Deps): Pick<Handlers, DesktopRoutes> {
  return {
    listOfferedDesktops: async () => ({ desktops: await offeredDesktops.list() }),
    createDesktop: ({ body, caller }) => offeredDesktops.create(body, caller.by),
    changeDesktop: ({ params, body, caller }) => offeredDesktops.change(params.id, body, caller.by),
    removeDesktop: ({ params, query, caller }) =>
      offeredDesktops.remove(params.id, query, caller.by),
  };
}
