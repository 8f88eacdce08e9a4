import { CodedError } from '../../contract/errors.ts';
import type { Permission } from '../../contract/permissions.ts';
import { usualSessionPolicy } from '../../contract/session-policy.ts';
import type { Machine } from '../../desktops/engine.ts';
import type { Lease, Offer, Supply } from '../sessions/supply.ts';
import type { ServerRow, ServerRows } from './server-rows.ts';
import type { Supervisor } from './supervisor.ts';

type Deps = {
  rows: Pick<ServerRows, 'all'>;
  supervisor: Pick<Supervisor, 'runningMachine'>;
  permissionsOf(userId: string): Promise<ReadonlySet<Permission>>;
};

/** Screens of virtual servers that run, as desktops of whoever may open their consoles. */
export function createConsoleSupply({ rows, supervisor, permissionsOf }: Deps): Supply {
  async function openTo(userId: string): Promise<ServerRow[]> {
    if (!(await permissionsOf(userId)).has('servers.console')) return [];
    return (await rows.all()).filter(({ id }) => supervisor.runningMachine(id) !== null);
  }

  return {
    listOf: async (userId) => (await openTo(userId)).map(offerOf),
    find: async ({ userId, desktopId }) => {
      const row = (await openTo(userId)).find(({ id }) => id === desktopId);
      return row === undefined ? null : offerOf(row);
    },
    lease: async ({ desktopId }) => {
      const machine = supervisor.runningMachine(desktopId);
      if (machine !== null) return leaseOf(machine);
      throw new CodedError('change-conflict', { detail: 'the virtual server does not run' });
    },
    resume: async ({ desktopId }, machine) =>
      supervisor.runningMachine(desktopId) === machine ? leaseOf(machine) : null,
  };
}

/** The server goes on when the session is over. */
function leaseOf(machine: Machine): Lease {
  return { machine, outlivesSession: true, end: async () => undefined };
}

function offerOf({ id, name, engine, image }: ServerRow): Offer {
  return {
    id,
    name: `${name} (console)`.slice(0, 80),
    description: '',
    engine,
    image,
    policy: usualSessionPolicy,
  };
}
