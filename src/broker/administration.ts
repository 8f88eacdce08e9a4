import type { AccessDeps } from './access/deps.ts';
import { createGroups, type Groups } from './access/groups.ts';
import { createOfferedDesktops, type OfferedDesktops } from './access/offered-desktops.ts';
import { createRoles, type Roles } from './access/roles.ts';
import { createUsers, type Users } from './access/users.ts';
import type { Passwords } from './identity/password.ts';
import { createSessionHistory, type SessionHistory } from './sessions/session-history.ts';
import { createEnrollmentTokens, type EnrollmentTokens } from './terminals/enrollment-tokens.ts';
import { createTerminalGroups, type TerminalGroups } from './terminals/terminal-groups.ts';
import { createTerminals, type Terminals } from './terminals/terminals.ts';

/** What a broker is looked after with: the same for the HTTP API and the command line. */
export type Administration = {
  users: Users;
  groups: Groups;
  roles: Roles;
  offeredDesktops: OfferedDesktops;
  terminals: Terminals;
  terminalGroups: TerminalGroups;
  enrollmentTokens: EnrollmentTokens;
  sessionHistory: SessionHistory;
};

type Deps = AccessDeps & { passwords: Pick<Passwords, 'hash'> };

export function createAdministration(deps: Deps): Administration {
  const terminals = createTerminals(deps);
  return {
    users: createUsers(deps),
    groups: createGroups(deps),
    roles: createRoles(deps),
    offeredDesktops: createOfferedDesktops(deps),
    terminals,
    terminalGroups: createTerminalGroups(deps),
    enrollmentTokens: createEnrollmentTokens({ ...deps, terminals }),
    sessionHistory: createSessionHistory(deps),
  };
}
