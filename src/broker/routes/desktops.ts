import type { Desktops } from '../desktops.ts';
import type { Handlers } from './handlers.ts';

export function desktopHandlers({
  desktops,
}: {
  desktops: Desktops;
}): Pick<Handlers, 'listDesktops'> {
  return {
    listDesktops: async ({ caller }) => ({ desktops: await desktops.listOf(caller.user.id) }),
  };
}
