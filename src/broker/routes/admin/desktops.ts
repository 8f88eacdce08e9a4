import type { OfferedDesktops } from '../../access/offered-desktops.ts';
import type { Handlers } from '../handlers.ts';

type Deps = { offeredDesktops: OfferedDesktops };

export function offeredDesktopHandlers({
  offeredDesktops,
}: Deps): Pick<Handlers, 'listOfferedDesktops' | 'createDesktop'> {
  return {
    listOfferedDesktops: async () => ({ desktops: await offeredDesktops.list() }),
    createDesktop: ({ body, caller }) => offeredDesktops.create(body, caller.by),
  };
}
