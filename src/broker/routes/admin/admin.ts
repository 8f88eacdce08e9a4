import type { adminRoutes } from '../../../contract/admin-routes.ts';
import type { Administration } from '../../administration.ts';
import type { AuditLog } from '../../audit/audit-log.ts';
import type { Tickets } from '../../gateway/tickets.ts';
import type { Shadowings } from '../../help-desk/shadowings.ts';
import type { Enrollments } from '../../identity/enrollments.ts';
import type { Sessions } from '../../sessions/sessions.ts';
import type { Virtualization } from '../../virtualization.ts';
import type { Handlers } from '../handlers.ts';
import { auditHandlers } from './audit.ts';
import { enrollmentHandlers } from './enrollments.ts';
import { groupHandlers } from './groups.ts';
import { helpDeskHandlers } from './help-desk.ts';
import { hostHandlers } from './host.ts';
import { imageHandlers } from './images.ts';
import { poolHandlers } from './pools.ts';
import { roleHandlers } from './roles.ts';
import { serverHandlers } from './servers.ts';
import { runningSessionHandlers } from './sessions.ts';
import { enrolledTerminalHandlers } from './terminals.ts';
import { userHandlers } from './users.ts';

type Deps = Administration &
  Pick<Virtualization, 'servers' | 'snapshots' | 'goldenImages' | 'hostFigures'> & {
    enrollments: Pick<Enrollments, 'list' | 'approve' | 'deny'>;
    sessions: Pick<Sessions, 'end'>;
    audit: AuditLog;
    shadowings: Shadowings;
    tickets: Pick<Tickets, 'issue'>;
    tellMessages(): Promise<void>;
  };

/** What answers the routes of adminRoutes. Who may call which was decided before. */
export function adminHandlers(deps: Deps): Pick<Handlers, keyof typeof adminRoutes> {
  return {
    ...userHandlers(deps),
    ...groupHandlers(deps),
    ...roleHandlers(deps),
    ...poolHandlers(deps),
    ...imageHandlers(deps),
    ...serverHandlers(deps),
    ...hostHandlers(deps),
    ...enrolledTerminalHandlers(deps),
    ...enrollmentHandlers(deps),
    ...runningSessionHandlers(deps),
    ...helpDeskHandlers(deps),
    ...auditHandlers(deps),
  };
}
