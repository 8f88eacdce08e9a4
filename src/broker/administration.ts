import type { AccessDeps } from './access/deps.ts';
import { createGroups, type Groups } from './access/groups.ts';
import { createRoles, type Roles } from './access/roles.ts';
import { createUsers, type Users } from './access/users.ts';
import type { DiskFiles } from './disks/disk-files.ts';
import { createMessages, type Messages } from './help-desk/messages.ts';
import { createHostHistory, type HostHistory } from './host-figures/host-history.ts';
import type { Passwords } from './identity/password.ts';
import { createEstates } from './pools/estates.ts';
import { createKeptDisks, type KeptDisks } from './pools/kept-disks.ts';
import { createPools, type Pools } from './pools/pools.ts';
import { createSessionHistory, type SessionHistory } from './sessions/session-history.ts';
import { createEnrollmentTokens, type EnrollmentTokens } from './terminals/enrollment-tokens.ts';
import { createTerminalGroups, type TerminalGroups } from './terminals/terminal-groups.ts';
import { createTerminals, type Terminals } from './terminals/terminals.ts';

/** What a broker is looked after with: the same for the HTTP API and the command line. */
export type Administration = {
  users: Users;
  groups: Groups;
  roles: Roles;
  pools: Pools;
  keptDisks: KeptDisks;
  hostHistory: HostHistory;
  terminals: Terminals;
  terminalGroups: TerminalGroups;
  enrollmentTokens: EnrollmentTokens;
  sessionHistory: SessionHistory;
  messages: Messages;
};

type Deps = AccessDeps & { passwords: Pick<Passwords, 'hash'>; files: DiskFiles };

export function createAdministration(deps: Deps): Administration {
  const estates = createEstates(deps);
  const terminals = createTerminals({ ...deps, estates });
  return {
    users: createUsers({ ...deps, estates }),
    groups: createGroups(deps),
    roles: createRoles(deps),
    pools: createPools({ ...deps, estates }),
    keptDisks: createKeptDisks({ ...deps, estates }),
    hostHistory: createHostHistory(deps),
    terminals,
    terminalGroups: createTerminalGroups(deps),
    enrollmentTokens: createEnrollmentTokens({ ...deps, terminals }),
    sessionHistory: createSessionHistory(deps),
    messages: createMessages(deps),
  };
}
