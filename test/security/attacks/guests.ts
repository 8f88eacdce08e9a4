import { writeFile } from 'node:fs/promises';
import { createDiskFiles } from '../../../src/broker/disks/disk-files.ts';
import type { RouteName } from '../../../src/contract/broker-api.ts';
import type { ErrorCode } from '../../../src/contract/errors.ts';
import { builtInRoles, type Permission } from '../../../src/contract/permissions.ts';
import type { FakeTerminal, SignedCall } from '../../fakes/fake-terminal.ts';
import { addScratchImage } from '../../fakes/scratch-images.ts';
import { textIn } from '../../fakes/transport.ts';
import { until } from '../../fakes/until.ts';
import { type Attack, type Outcome, outcomeOf } from '../attack.ts';
import type { AttackedBroker } from '../attacked-broker.ts';

const unknownId = '00000000-0000-4000-8000-000000000000';
const hardware = { image: 'porthole', engine: 'para', memoryMb: 256, cpus: 1 } as const;

function unique(what: string): string {
  return `${what} ${crypto.randomUUID()}`;
}

/** Somebody whose role has just these permissions; `lose` takes some of them away. */
async function staff({ admin, seated }: AttackedBroker, permissions: readonly Permission[]) {
  const name = unique('staff');
  await admin.addRole({ name, permissions: [...permissions] });
  await admin.addGroup({ name, roles: [name] });
  const { terminal } = await seated([name]);
  return {
    terminal,
    lose: async (lost: Permission) => {
      const left = permissions.filter((permission) => permission !== lost);
      await admin.changeRole({ role: name, permissions: left });
    },
  };
}

function allBut(permission: Permission): Permission[] {
  return builtInRoles.administrator.filter((each) => each !== permission);
}

/** A desktop that is there has to look like one that is not, to the last byte. */
async function opens(terminal: FakeTerminal, desktopId: string): Promise<Outcome> {
  const tries = [desktopId, unknownId].map((id) => ({ body: { desktopId: id } }));
  const [there, unknown] = [
    await terminal.call('createSession', tries[0]),
    await terminal.call('createSession', tries[1]),
  ];
  const told = [there, unknown].map(({ raw }) => raw.toString().replace(/"requestId":"[^"]*"/, ''));
  if (told[0] !== told[1]) throw new Error(`tells apart: ${told.join(' ')}`);
  const { body } = await terminal.call('listDesktops');
  if (JSON.stringify(body).includes(desktopId)) throw new Error('it is listed');
  return outcomeOf(there);
}

/** A virtual server whose guest runs. */
async function runningServer({ admin, clock }: AttackedBroker): Promise<string> {
  const { id } = await admin.addServer({ ...hardware, name: unique('server') });
  clock.pass(5_000);
  await until('the server runs', async () => {
    const found = (await admin.listServers()).find((server) => server.id === id);
    return found?.state === 'running';
  });
  return id;
}

/** A virtual server that has never run, but has a disk and a snapshot of it. */
async function keptServer({ admin, dataDir }: AttackedBroker) {
  const server = await admin.addServer({ ...hardware, name: unique('server'), autostart: false });
  const files = createDiskFiles(dataDir);
  await files.prepare();
  await writeFile(files.disk(server.id), 'a disk');
  const snapshot = await admin.addSnapshot({ server: server.id, name: 'before' });
  return { id: server.id, snapshotId: snapshot.id };
}

/** A user with a disk in a persistent pool, at work on it. */
async function keeper({ admin, seated }: AttackedBroker) {
  const { terminal, user } = await seated();
  const { id: poolId } = await admin.addPool({
    ...hardware,
    name: unique('pool'),
    persistence: 'persistent',
    users: [user.username],
  });
  const { status } = await terminal.call('createSession', { body: { desktopId: poolId } });
  if (status !== 201) throw new Error(`not let in: ${status}`);
  const [disk] = await admin.listPoolDisks(poolId);
  return { poolId, diskId: disk?.id ?? '' };
}

/** What somebody with one permission does to get at more. */
function escalation(
  name: string,
  permissions: readonly Permission[],
  route: RouteName,
  callFor: (broker: AttackedBroker) => Promise<SignedCall>,
): Attack {
  return {
    name,
    has: `an account with ${permissions.join(' and ')}`,
    attempt: async (broker) => {
      const { terminal } = await staff(broker, permissions);
      return outcomeOf(await terminal.call(route, await callFor(broker)));
    },
    refused: { status: 403, code: 'permission-missing' },
    audit: { code: 'permission-missing', route },
  };
}

/** An administrator’s call that names two things of which one is not the other’s. */
function mismatch(
  name: string,
  route: RouteName,
  callFor: (broker: AttackedBroker) => Promise<SignedCall>,
  refused: { status: number; code: ErrorCode } = { status: 404, code: 'not-found' },
): Attack {
  return {
    name,
    has: 'the account of an administrator',
    attempt: async (broker) => {
      const { terminal } = await broker.seated(['administrators']);
      return outcomeOf(await terminal.call(route, await callFor(broker)));
    },
    refused,
    audit: refused.status === 404 ? { code: refused.code, route } : null,
  };
}

const unseen = {
  refused: { status: 404, code: 'desktop-not-found' },
  audit: { code: 'desktop-not-found', route: 'createSession' },
} as const;

/** A ticket for a desktop that one could open until a permission was taken away. */
const shut = {
  refused: { status: 404, code: 'desktop-not-found' },
  audit: { code: 'desktop-not-found', route: 'createTicket' },
} as const;

async function ticketAfter(
  broker: AttackedBroker,
  permission: Permission,
  desktopId: string,
): Promise<Outcome> {
  const { terminal, lose } = await staff(broker, [permission, 'desktops.use']);
  const { body } = await terminal.call('createSession', { body: { desktopId } });
  const params = { id: textIn(body, 'id') };
  const before = await terminal.call('createTicket', { params });
  if (before.status !== 201) throw new Error(`not let in: ${before.status}`);
  await lose(permission);
  return outcomeOf(await terminal.call('createTicket', { params }));
}

/** The master of an image that nothing else is made of. @returns its id */
async function openMaster({ admin, dataDir }: AttackedBroker): Promise<string> {
  const image = `image-${crypto.randomUUID()}`;
  addScratchImage(dataDir, image);
  const { id } = await admin.openMaster(image);
  return id;
}

/** Two operators at the console of one server, of whom the second is after the session of the first. */
async function besideAnother(broker: AttackedBroker, route: RouteName): Promise<Outcome> {
  const body = { desktopId: await runningServer(broker) };
  const [victim, other] = [
    await staff(broker, ['servers.console', 'desktops.use']),
    await staff(broker, ['servers.console', 'desktops.use']),
  ];
  const theirs = await victim.terminal.call('createSession', { body });
  const own = await other.terminal.call('createSession', { body });
  if (own.status !== 201) throw new Error(`not let in: ${own.status}`);
  const params = { id: textIn(theirs.body, 'id') };
  return outcomeOf(await other.terminal.call(route, { params }));
}

function beside(route: RouteName): Attack {
  return {
    name: `the session of another at the console of one’s own server: ${route}`,
    has: 'an account that may open the same console',
    attempt: (broker) => besideAnother(broker, route),
    refused: { status: 404, code: 'session-not-found' },
    audit: { code: 'session-not-found', route },
  };
}

async function snapshotOfAnother(broker: AttackedBroker): Promise<SignedCall> {
  const [own, other] = [await keptServer(broker), await keptServer(broker)];
  return { params: { id: own.id, snapshotId: other.snapshotId } };
}

/** What is another’s, or out of one’s reach: disks, servers, masters of images, pools. */
export const guestAttacks: readonly Attack[] = [
  {
    name: 'the console of a server, by its id',
    has: 'an account with every permission but that',
    attempt: async (broker) => {
      const id = await runningServer(broker);
      return opens((await staff(broker, allBut('servers.console'))).terminal, id);
    },
    ...unseen,
  },
  {
    name: 'the console of a server, after the permission was taken away',
    has: 'a session at the console, from before',
    attempt: async (broker) => ticketAfter(broker, 'servers.console', await runningServer(broker)),
    ...shut,
  },
  beside('getSession'),
  beside('endSession'),
  beside('createTicket'),
  {
    name: 'the master of an image, by its id',
    has: 'an account with every permission but that',
    attempt: async (broker) => {
      const id = await openMaster(broker);
      return opens((await staff(broker, allBut('images.manage'))).terminal, id);
    },
    ...unseen,
  },
  {
    name: 'the master of an image, after the permission was taken away',
    has: 'a session on it, from before',
    attempt: async (broker) => ticketAfter(broker, 'images.manage', await openMaster(broker)),
    ...shut,
  },
  {
    name: 'the disk of another, by its id',
    has: 'an account of one’s own, and the id of the disk',
    attempt: async (broker) => {
      const { diskId } = await keeper(broker);
      return opens((await broker.seated()).terminal, diskId);
    },
    ...unseen,
  },
  {
    name: 'the persistent pool of another',
    has: 'an account of one’s own, and the id of the pool',
    attempt: async (broker) => {
      const { poolId } = await keeper(broker);
      return opens((await broker.seated()).terminal, poolId);
    },
    ...unseen,
  },
  mismatch('a disk destroyed by the address of another pool', 'resetPoolDisk', async (broker) => {
    const { diskId } = await keeper(broker);
    const { poolId } = await keeper(broker);
    return { params: { id: poolId, diskId } };
  }),
  mismatch(
    'a disk destroyed under its user',
    'resetPoolDisk',
    async (broker) => {
      const { poolId, diskId } = await keeper(broker);
      return { params: { id: poolId, diskId } };
    },
    { status: 409, code: 'change-conflict' },
  ),
  mismatch('a snapshot of another server restored', 'restoreSnapshot', snapshotOfAnother),
  mismatch('a snapshot of another server removed', 'removeSnapshot', snapshotOfAnother),
  mismatch('a pool by the id of a server', 'changePool', async (broker) => ({
    params: { id: (await keptServer(broker)).id },
    body: { memoryMb: 512 },
  })),
  mismatch('a server by the id of a pool', 'stopServer', async (broker) => ({
    params: { id: (await keeper(broker)).poolId },
  })),
  escalation(
    'sessions of others, ended with their pool',
    ['pools.manage', 'pools.read'],
    'removePool',
    async (broker) => ({
      params: { id: (await keeper(broker)).poolId },
      query: { endSessions: 'true', destroyDisks: 'true' },
    }),
  ),
  escalation(
    'a pool for a group of one’s own choice',
    ['pools.manage', 'pools.read'],
    'createPool',
    async ({ admin }) => {
      const everyone = (await admin.listGroups()).find(({ name }) => name === 'everyone');
      return { body: { ...hardware, name: unique('pool'), groups: [everyone?.id] } };
    },
  ),
  escalation(
    'the pool of others, opened to all',
    ['pools.manage', 'pools.read'],
    'changePool',
    async (broker) => {
      const everyone = (await broker.admin.listGroups()).find(({ name }) => name === 'everyone');
      return {
        params: { id: (await keeper(broker)).poolId },
        body: { groups: [everyone?.id] },
      };
    },
  ),
];
