import { type RouteName, routes } from '../../../src/contract/broker-api.ts';
import type { Route } from '../../../src/contract/route.ts';
import { virtualizationRoutes } from '../../../src/contract/virtualization-routes.ts';
import type { FakeTerminal, SignedCall } from '../../fakes/fake-terminal.ts';
import { type Attack, type Outcome, outcomeOf } from '../attack.ts';
import type { AttackedBroker } from '../attacked-broker.ts';

/** What may stand in an address, so that nothing but the one thing that is tried is wrong. */
const goodParams: Record<string, string> = {
  id: '00000000-0000-4000-8000-000000000000',
  diskId: '00000000-0000-4000-8000-000000000001',
  snapshotId: '00000000-0000-4000-8000-000000000002',
  name: 'porthole',
  version: '1',
};

const hostileParams = [
  '..%2f..%2fetc%2fpasswd',
  '%2fetc%2fpasswd',
  'x%00',
  'x,readonly=off',
  '-drive',
  '%0a',
];

const methods: readonly Route['method'][] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const chunk = 'x'.repeat(70_000);

// Object.keys widens the names to string.
const names = Object.keys(virtualizationRoutes) as (keyof typeof virtualizationRoutes)[];

function routeOf(name: RouteName): Route {
  return routes[name];
}

function paramsOf(name: RouteName): string[] {
  return [...routeOf(name).path.matchAll(/:(\w+)/g)].map(([, param = '']) => param);
}

/** @throws where they do not all end in the same way */
function common(outcomes: readonly Outcome[]): Outcome {
  const [first] = outcomes;
  const told = new Set(outcomes.map((outcome) => JSON.stringify(outcome)));
  if (first === undefined || told.size > 1) throw new Error(`differ: ${[...told].join(' ')}`);
  return first;
}

/** Tries each in turn: the broker counts what it refuses, and so does the one who asks. */
async function each<T>(tries: readonly T[], attempt: (one: T) => Promise<Outcome>) {
  const outcomes: Outcome[] = [];
  for (const one of tries) outcomes.push(await attempt(one));
  return common(outcomes);
}

function withoutAccount(name: RouteName): Attack {
  return {
    name: `${name} without an account`,
    has: 'a terminal that is enrolled, with its own token, and one that it made up',
    attempt: async ({ terminal }) => {
      const made = await terminal();
      const tokens = [made.terminalToken, 'a'.repeat(43)];
      const body = routeOf(name).body === undefined ? {} : { body: {} };
      return each(tokens, async (token) =>
        outcomeOf(await made.call(name, { params: goodParams, token, ...body })),
      );
    },
    refused: { status: 401, code: 'not-signed-in' },
    audit: { code: 'not-signed-in', route: name },
  };
}

/** A call by somebody who may do everything, which the broker must not understand. */
function malformed(name: RouteName, what: string, calls: readonly SignedCall[]): Attack {
  return {
    name: `${name} with ${what}`,
    has: 'the account of an administrator',
    attempt: async ({ seated }) => {
      const { terminal } = await seated(['administrators']);
      return each(calls, async (call) => outcomeOf(await terminal.call(name, call)));
    },
    refused: { status: 400, code: 'invalid-request' },
    audit: { code: 'invalid-request', route: name },
  };
}

function addresses(name: RouteName): Attack[] {
  const body = routeOf(name).body === undefined ? {} : { body: {} };
  const calls = paramsOf(name).flatMap((param) =>
    hostileParams.map((value) => ({ params: { ...goodParams, [param]: value }, ...body })),
  );
  return calls.length === 0 ? [] : [malformed(name, 'an address that leads elsewhere', calls)];
}

function bodies(name: RouteName): Attack[] {
  if (routeOf(name).body === undefined) return [];
  const params = goodParams;
  const wrong = [[], 'text', 7, null, { id: params.id }, { path: '/etc/passwd' }];
  const calls = wrong.map((body) => ({ params, body }));
  return [malformed(name, 'a body of another kind', calls), tooLarge(name)];
}

function tooLarge(name: RouteName): Attack {
  return {
    name: `${name} with a body that is too large`,
    has: 'the account of an administrator',
    attempt: async ({ seated }) => {
      const { terminal } = await seated(['administrators']);
      const body = { name: chunk, notes: chunk };
      return outcomeOf(await terminal.call(name, { params: goodParams, body }));
    },
    refused: { status: 413, code: 'body-too-large' },
    audit: { code: 'body-too-large', route: name },
  };
}

/** Every method that an address does not have, by somebody who may do everything. */
function otherMethods(path: string): Attack {
  const known = names.map(routeOf).filter((route) => route.path === path);
  const others = methods.filter((method) => !known.some((route) => route.method === method));
  return {
    name: `${others.join(', ')} of ${path}`,
    has: 'the account of an administrator',
    attempt: async (broker) => {
      const { terminal } = await broker.seated(['administrators']);
      const filled = path.replaceAll(/:(\w+)/g, (_, param: string) => goodParams[param] ?? '');
      await terminal.call('listPools');
      return each(others, (method) => ask(broker, terminal, method, filled));
    },
    refused: { status: 404, code: 'not-found' },
    audit: null,
  };
}

async function ask(
  { send, origin }: AttackedBroker,
  terminal: FakeTerminal,
  method: Route['method'],
  path: string,
): Promise<Outcome> {
  const headers = {
    host: new URL(origin).host,
    authorization: `DPoP ${terminal.accessToken}`,
    dpop: await terminal.proof(method, path, terminal.accessToken),
  };
  return outcomeOf(await send({ method, path, headers, payload: undefined }));
}

/** A pool or a server with a field that would mean something to QEMU, bwrap or a file system. */
function hardware(what: string, fields: Record<string, unknown>): Attack[] {
  const right = { name: 'x', image: 'porthole', engine: 'para', memoryMb: 256, cpus: 1 };
  const calls = [{ body: { ...right, ...fields } }];
  return [malformed('createPool', what, calls), malformed('createServer', what, calls)];
}

const reaching = (destination: unknown) => ({
  network: { kind: 'allowed', destinations: [destination] },
});

/** Each route of the virtualization, and what is common to all of them. */
export const virtualizationAttacks: readonly Attack[] = [
  ...names.map(withoutAccount),
  ...names.flatMap(addresses),
  ...names.flatMap(bodies),
  ...new Set(names.map((name) => routeOf(name).path)),
].map((row) => (typeof row === 'string' ? otherMethods(row) : row));

/** What guests are made of. */
export const hardwareAttacks: readonly Attack[] = [
  ...hardware('an image in another folder', { image: '../../etc/passwd' }),
  ...hardware('an image by its whole path', { image: '/etc/passwd' }),
  ...hardware('an image that is its folder', { image: '..' }),
  ...hardware('an image with an option for QEMU', { image: 'porthole,readonly=off' }),
  ...hardware('an image with the end of a string', { image: 'porthole\u0000' }),
  ...hardware('an image with another line', { image: 'porthole\n' }),
  ...hardware('an engine that there is not', { engine: 'kvm,-S' }),
  ...hardware('memory that is an option', { memoryMb: '256,slots=9' }),
  ...hardware('memory without end', { memoryMb: 1e12 }),
  ...hardware('processors without end', { cpus: 1e6 }),
  ...hardware('a weight of nothing', { cpuWeight: 0 }),
  ...hardware('a name of two lines', { name: 'x\ny' }),
  ...hardware('a disk of its own choice', { disk: { kind: 'kept', path: '/etc/passwd' } }),
  ...hardware('a host name of its own choice', { hostname: 'x,guestfwd=' }),
  ...hardware('a network that is open', { network: { kind: 'all' } }),
  ...hardware('a network with every destination', reaching('*')),
  ...hardware('a network with a command for a destination', reaching('x:80-cmd:touch /tmp/x')),
  ...hardware('a network with two destinations in one', reaching('a.example:80,b.example:80')),
  ...hardware('a network with a port that there is not', reaching('intranet.example:70000')),
  malformed('createServer', 'an engine that keeps nothing', [
    { body: { name: 'x', image: 'porthole', engine: 'os-level' } },
  ]),
  malformed('createPool', 'spares without end', [
    { body: { name: 'x', image: 'porthole', spares: 1e6 } },
  ]),
  malformed('createSnapshot', 'a name that is a path of two lines', [
    { params: goodParams, body: { name: '../../x\ny' } },
  ]),
];
