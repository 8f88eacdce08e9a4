import type { TerminalGroups } from '../../terminals/terminal-groups.ts';
import type { Terminals } from '../../terminals/terminals.ts';
import type { Handlers } from '../handlers.ts';

type Deps = { terminals: Terminals; terminalGroups: TerminalGroups };

type TerminalRoutes =
  | 'listTerminals'
  | 'changeTerminal'
  | 'revokeTerminal'
  | 'listTerminalGroups'
  | 'createTerminalGroup'
  | 'changeTerminalGroup'
  | 'removeTerminalGroup';

export function enrolledTerminalHandlers(deps: Deps): Pick<Handlers, TerminalRoutes> {
  const { terminals, terminalGroups } = deps;
  return {
    listTerminals: async () => ({ terminals: await terminals.list() }),
    changeTerminal: ({ params, body, caller }) => terminals.change(params.id, body, caller.by),
    revokeTerminal: ({ params, caller }) => terminals.revoke(params.id, caller.by),
    listTerminalGroups: async () => ({ groups: await terminalGroups.list() }),
    createTerminalGroup: ({ body, caller }) => terminalGroups.create(body.name, caller.by),
    changeTerminalGroup: ({ params, body, caller }) =>
      terminalGroups.rename(params.id, body.name, caller.by),
    removeTerminalGroup: ({ params, caller }) => terminalGroups.remove(params.id, caller.by),
  };
}
