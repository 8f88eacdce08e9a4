import { type RouteName, routes } from '../../../src/contract/broker-api.ts';
import type { ErrorCode } from '../../../src/contract/errors.ts';
import { builtInRoles, type Permission } from '../../../src/contract/permissions.ts';
import type { Route } from '../../../src/contract/route.ts';
import type { SignedCall } from '../../fakes/fake-terminal.ts';
import type { Reply } from '../../fakes/transport.ts';
import { type Attack, outcomeOf } from '../attack.ts';
import type { AttackedBroker } from '../attacked-broker.ts';

const unknownId = '00000000-0000-4000-8000-000000000000';

/** The answer without what differs in every answer. */
function told({ raw }: Reply): string {
  return raw.toString().replace(/"requestId":"[^"]*"/, '');
}

/** What is another’s has to look like what does not exist, to the last byte. */
function foreign(
  name: string,
  route: RouteName,
  callFor: (victim: Awaited<ReturnType<AttackedBroker['working']>> | null) => SignedCall,
  code: ErrorCode,
): Attack {
  return {
    name,
    has: 'an account of one’s own, and an id that belongs to another',
    attempt: async ({ seated, working }) => {
      const victim = await working();
      const { terminal } = await seated();
      const reply = await terminal.call(route, callFor(victim));
      const unknown = await terminal.call(route, callFor(null));
      if (told(reply) !== told(unknown)) throw new Error(`tells apart: ${told(reply)}`);
      return outcomeOf(reply);
    },
    refused: { status: 404, code },
    audit: { code, route },
  };
}

const ofSession = (route: RouteName, rest: SignedCall = {}) =>
  foreign(
    `the session of another: ${route}`,
    route,
    (victim) => ({ params: { id: victim?.sessionId ?? unknownId }, ...rest }),
    'session-not-found',
  );

/** Each route of the staff, by somebody with every other permission. */
function withoutPermission(name: RouteName, permission: Permission): Attack {
  return {
    name: `${name} without ${permission}`,
    has: 'an account with every permission but one',
    attempt: async ({ admin, seated }) => {
      const others = builtInRoles.administrator.filter((each) => each !== permission);
      await admin.addRole({ name, permissions: others });
      await admin.addGroup({ name, roles: [name] });
      const { terminal } = await seated([name]);
      const params = {
        id: unknownId,
        diskId: unknownId,
        snapshotId: unknownId,
        name: 'porthole',
        version: '1',
        userCode: 'BBBBBBBB',
      };
      return outcomeOf(await terminal.call(name, { params, ...bodyFor(name) }));
    },
    refused: { status: 403, code: 'permission-missing' },
    audit: { code: 'permission-missing', route: name },
  };
}

function bodyFor(name: RouteName): SignedCall {
  const { method }: Route = routes[name];
  return method === 'GET' || method === 'DELETE' ? {} : { body: {} };
}

const staffRoutes = Object.entries(routes).flatMap(([name, route]) =>
  // Object.entries widens the names to string.
  route.auth === 'staff' ? [withoutPermission(name as RouteName, route.permission)] : [],
);

/** Somebody who may manage users, and wants to do more. */
async function userManager({ admin, seated }: AttackedBroker) {
  const name = `managers-${crypto.randomUUID()}`;
  const permissions = ['users.manage', 'users.read', 'desktops.use'];
  await admin.addRole({ name, permissions });
  await admin.addGroup({ name, roles: [name] });
  const groups = await admin.listGroups();
  const administrators = groups.find((group) => group.name === 'administrators');
  return { ...(await seated([name])), administrators: administrators?.id ?? '' };
}

type Manager = Awaited<ReturnType<typeof userManager>>;

function escalation(
  name: string,
  route: RouteName,
  callBy: (manager: Manager, broker: AttackedBroker) => Promise<SignedCall> | SignedCall,
): Attack {
  return {
    name,
    has: 'an account that may manage users',
    attempt: async (broker) => {
      const manager = await userManager(broker);
      return outcomeOf(await manager.terminal.call(route, await callBy(manager, broker)));
    },
    refused: { status: 403, code: 'permission-missing' },
    audit: { code: 'permission-missing', route },
  };
}

export const tenantAttacks: readonly Attack[] = [
  ofSession('getSession'),
  ofSession('endSession'),
  ofSession('createTicket'),
  ofSession('sessionPicture'),
  ofSession('fitScreen', { body: { width: 800, height: 600, percent: 100 } }),
  foreign(
    'the desktop of another',
    'createSession',
    (victim) => ({ body: { desktopId: victim?.desktopId ?? unknownId } }),
    'desktop-not-found',
  ),
  {
    name: 'a desktop that one was entitled to',
    has: 'a session that runs, until an administrator takes the desktop away',
    attempt: async ({ admin, working }) => {
      const { terminal, desktopId, sessionId, username } = await working();
      await admin.withdraw({ pool: desktopId, username });
      return outcomeOf(await terminal.call('createTicket', { params: { id: sessionId } }));
    },
    refused: { status: 404, code: 'desktop-not-found' },
    audit: { code: 'desktop-not-found', route: 'createTicket' },
  },
  ...staffRoutes,
  escalation('oneself made an administrator', 'changeUser', ({ user, administrators }) => ({
    params: { id: user.id },
    body: { groups: [administrators] },
  })),
  escalation('another made an administrator', 'createUser', ({ administrators }, { password }) => ({
    body: { username: 'puppet', displayName: 'Puppet', password, groups: [administrators] },
  })),
  escalation(
    'the password of an administrator, set by who manages users',
    'changeUser',
    async (_, { person, password }) => {
      const { id } = await person(['administrators']);
      return { params: { id }, body: { password: `${password}!` } };
    },
  ),
  escalation('a group with the role of administrators', 'createGroup', async (_, { admin }) => {
    const role = (await admin.listRoles()).find(({ name }) => name === 'administrator');
    return { body: { name: 'mine', roles: [role?.id ?? ''] } };
  }),
  escalation(
    'a claim that makes oneself an administrator',
    'changeGroup',
    ({ administrators }) => ({
      params: { id: administrators },
      body: { claims: [{ identityProvider: 'any', value: 'mine' }] },
    }),
  ),
];
