import { terminalChangeSchema } from '../../contract/admin.ts';
import { nameSchema } from '../../contract/name.ts';
import { commandLine } from '../audit/actor.ts';
import { checkedInput } from '../checked-input.ts';
import type { TerminalGroups } from '../terminals/terminal-groups.ts';
import type { Terminals } from '../terminals/terminals.ts';
import type { Names } from './names.ts';

/** A terminal is called by its id or, where no other has it, by its name. */
type TerminalChange = {
  terminal: string;
  name?: string;
  /** null: in no group. */
  group?: string | null;
  /** The desktop that its own account opens; null takes the account from it. */
  accountDesktop?: string | null;
};

type Deps = { terminals: Terminals; terminalGroups: TerminalGroups; names: Names };

export function terminalAdmin({ terminals, terminalGroups, names }: Deps) {
  return {
    listTerminals: () => terminals.list(),

    changeTerminal: async (input: TerminalChange): Promise<void> => {
      const { name, group, accountDesktop: desktop } = input;
      const id = await names.terminal(input.terminal);
      const change = {
        name,
        groupId: group && (await names.terminalGroup(group)),
        account: desktop && { desktopId: await names.pool(desktop) },
      };
      await terminals.change(id, checkedInput(terminalChangeSchema, change), commandLine);
    },

    revokeTerminal: async (terminal: string): Promise<void> =>
      terminals.revoke(await names.terminal(terminal), commandLine),

    listTerminalGroups: () => terminalGroups.list(),

    addTerminalGroup: async (name: string): Promise<{ id: string }> => {
      const { id } = await terminalGroups.create(checkedInput(nameSchema, name), commandLine);
      return { id };
    },

    renameTerminalGroup: async (group: string, name: string): Promise<void> => {
      const id = await names.terminalGroup(group);
      await terminalGroups.rename(id, checkedInput(nameSchema, name), commandLine);
    },

    removeTerminalGroup: async (name: string): Promise<void> =>
      terminalGroups.remove(await names.terminalGroup(name), commandLine),
  };
}
