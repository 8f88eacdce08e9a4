import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CodedError } from '../../src/contract/errors.ts';
import { until } from '../fakes/until.ts';
import { TestBroker } from '../harness/broker.ts';
import { HeadlessTerminal } from '../harness/client.ts';
import { databases, missingDatabase, type Stores, startStores } from './store-databases.ts';

/** What of a test's course is by chance can be had again with PORTHOLE_KILL_SEED. */
const seed = Number(process.env.PORTHOLE_KILL_SEED ?? Date.now() % 2 ** 31);

/** For how long it is killed; longer with PORTHOLE_KILL_SECONDS. */
const seconds = Number(process.env.PORTHOLE_KILL_SECONDS ?? 12);

/** The longest that a broker lives on once something was done in its time. */
const longestLifeMs = 300;

const uses = 10_000;
const clerk = { username: 'clerk', password: 'correct horse' };
const label = 'Hall';

describe.each(databases)(`a broker with its store in %s, seed ${seed}`, (kind) => {
  const missing = missingDatabase(kind);
  if (missing !== null) {
    it.skip(missing);
    return;
  }
  const random = createRandom(seed);
  let stores: Stores;
  let broker: TestBroker;
  let token: string;
  /** Where an administrator is signed in, whose tokens have to outlive every broker. */
  let office: HeadlessTerminal;
  const enrolled = new Map<string, HeadlessTerminal>();
  const revoked = new Map<string, HeadlessTerminal>();
  const users = new Set<string>();
  /** Names of what was asked for and not answered: both is right then. */
  const unknown = new Set<string>();
  beforeAll(async () => {
    stores = await startStores(kind);
    broker = await TestBroker.start({}, await stores.server?.createDatabase());
    office = await HeadlessTerminal.enroll(broker, 'Office');
    ({ token } = await broker.admin(async (admin) => {
      await admin.addUser({ ...clerk, displayName: 'Clerk', groups: ['administrators'] });
      return admin.createEnrollmentToken({ label, uses, expiresInSeconds: 3_600 });
    }));
    await office.signIn(clerk);
  });
  afterAll(async () => {
    for (const terminal of [office, ...enrolled.values(), ...revoked.values()]) {
      await terminal.dispose();
    }
    await broker.dispose();
    await stores.dispose();
  });

  it('keeps whatever it said was done, whenever it is killed', async () => {
    const end = performance.now() + seconds * 1000;
    let round = 0;
    for (; round < 2 || performance.now() < end; round += 1) {
      const before = users.size + enrolled.size;
      const asked = everybodyAsks(round);
      const some = () => users.size + enrolled.size > before;
      await until('something was done', some, 30_000);
      await pause(random() * longestLifeMs);
      await broker.kill();
      await asked;
      await broker.restart();
      await allIsThere();
    }
    expect(users.size + enrolled.size).toBeGreaterThanOrEqual(round);
  }, 120_000);

  async function everybodyAsks(round: number): Promise<void> {
    // None of those that renew their tokens meanwhile.
    const [leaving] = [...enrolled.values()].slice(2).slice(-1);
    await Promise.all([
      untilItDies(async (turn) => addUser(`user-${round}-${turn}`)),
      untilItDies(async (turn) => enroll(`Desk ${round}-${turn}`)),
      untilItDies(() => renew(office.enrolled.ownTokens)),
      untilItDies(() => renew(office.enrolled.userTokens)),
      ...[...enrolled.values()].slice(0, 2).map((one) => untilItDies(() => renewOwn(one))),
      untilItDies(async (turn) => {
        if (turn === 0 && leaving !== undefined) await revoke(leaving);
        else await office.client.call('getUser', {});
      }),
    ]);
  }

  /** Does it again and again, as far as it gets; only the death of the broker is an excuse. */
  async function untilItDies(work: (turn: number) => Promise<unknown>): Promise<void> {
    try {
      for (let turn = 0; ; turn += 1) {
        await work(turn);
        await pause(5);
      }
    } catch (error) {
      const died = error instanceof CodedError && error.code === 'broker-unreachable';
      if (!died) throw error;
    }
  }

  async function addUser(username: string): Promise<void> {
    const account = { username, displayName: username, password: clerk.password };
    unknown.add(username);
    await office.client.call('createUser', {
      body: { ...account, groups: [], secondFactor: 'off' },
    });
    unknown.delete(username);
    users.add(username);
  }

  async function enroll(name: string): Promise<void> {
    unknown.add(name);
    enrolled.set(name, await HeadlessTerminal.enroll(broker, name, token));
    unknown.delete(name);
  }

  async function revoke(terminal: HeadlessTerminal): Promise<void> {
    const name = [...enrolled].find(([, one]) => one === terminal)?.[0] ?? '';
    enrolled.delete(name);
    unknown.add(name);
    await office.client.call('revokeTerminal', { params: { id: terminal.identity.terminalId } });
    unknown.delete(name);
    revoked.set(name, terminal);
  }

  async function allIsThere(): Promise<void> {
    // By the tokens of before, the user's too.
    expect(await office.client.call('getUser', {})).toMatchObject({ username: clerk.username });
    const there = await broker.admin(async (admin) => ({
      users: (await admin.listUsers()).map(({ username }) => username),
      terminals: await admin.listTerminals(),
      tokens: await admin.listEnrollmentTokens(),
      audit: await admin.verifyAudit(),
    }));
    expect(there.users).toEqual(expect.arrayContaining([...users]));
    const surplus = there.users.filter((name) => name !== clerk.username && !users.has(name));
    expect(surplus.filter((name) => !unknown.has(name))).toEqual([]);
    const names = (gone: boolean) =>
      there.terminals.filter((one) => one.revoked === gone).map(({ name }) => name);
    expect(names(false)).toEqual(expect.arrayContaining([...enrolled.keys()]));
    expect(names(true)).toEqual(expect.arrayContaining([...revoked.keys()]));
    const redeemed = there.terminals.filter(({ name }) => name !== 'Office').length;
    expect(there.tokens.find((one) => one.label === label)?.usesLeft).toBe(uses - redeemed);
    expect(there.audit).toMatchObject({ sound: true });
    for (const terminal of [...enrolled.values()].slice(-3)) await renewOwn(terminal);
    for (const terminal of [...revoked.values()].slice(-1)) {
      await expect(renewOwn(terminal)).rejects.toMatchObject({ code: 'terminal-unknown' });
    }
  }
});

type Renewable = HeadlessTerminal['enrolled']['ownTokens'];

async function renew(tokens: Renewable): Promise<void> {
  await tokens.anotherThan(await tokens.accessToken());
}

function renewOwn(terminal: HeadlessTerminal): Promise<void> {
  return renew(terminal.enrolled.ownTokens);
}

/** Mulberry32: in [0, 1), the same numbers for the same seed. */
function createRandom(from: number): () => number {
  let state = from;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
