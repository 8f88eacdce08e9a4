import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Session, sessionSchema } from '../../../../../src/contract/session.ts';
import type { FakeTerminal } from '../../../../fakes/fake-terminal.ts';
import { password, startTestBroker, type TestBroker } from '../../../../fakes/test-broker.ts';
import { until } from '../../../../fakes/until.ts';

const limits = { sessionSeconds: 300 };

let broker: TestBroker;
let desktopId: string;
beforeEach(async () => {
  broker = await startTestBroker({ limits });
  ({ id: desktopId } = await broker.admin.openMaster('porthole'));
});
afterEach(async () => {
  await broker.end('keep');
  rmSync(broker.dataDir, { recursive: true });
});

type Seat = { terminal: FakeTerminal; session: Session };

/** An administrator who opens the master. */
async function open(username: string): Promise<Seat> {
  const groups = ['administrators'];
  await broker.admin.addUser({ username, displayName: username, password, groups });
  const terminal = await broker.terminal();
  await terminal.signIn(username, password);
  const { body } = await terminal.call('createSession', { body: { desktopId } });
  return { terminal, session: sessionSchema.parse(body) };
}

async function stateOf({ terminal, session }: Seat): Promise<Session['state']> {
  const { body } = await terminal.call('getSession', { params: { id: session.id } });
  return sessionSchema.parse(body).state;
}

const end = ({ terminal, session }: Seat) =>
  terminal.call('endSession', { params: { id: session.id } });

it('a session of a master ends at once while another has the master, which goes on', async () => {
  const [ada, eve] = [await open('ada'), await open('eve')];
  expect(broker.host.made).toHaveLength(1);
  const guest = broker.host.latest;
  guest.boot();
  guest.slowToStop = true;
  await end(ada);
  expect([await stateOf(ada), await stateOf(eve)]).toEqual(['ended', 'running']);
  expect(guest.state.kind).toBe('running');
  await end(eve);
  expect(await stateOf(eve)).toBe('ending');
  guest.ended();
  await until('the guest is gone', async () => (await stateOf(eve)) === 'ended');
});

it('one whose time was over when the broker came back leaves the other’s alone', async () => {
  const ada = await open('ada');
  broker.host.latest.boot();
  broker.clock.pass(200_000);
  const eve = await open('eve');
  const { host, clock, dataDir } = broker;
  await broker.end('leave');
  clock.pass(150_000);
  broker = await startTestBroker({ host, clock, dataDir, limits });
  const terminal = await eve.terminal.movedTo(broker.transport);
  expect(await stateOf({ ...eve, terminal })).toBe('running');
  expect(host.latest.state.kind).toBe('running');
  const row = await broker.db
    .selectFrom('sessions')
    .select('state')
    .where('id', '=', ada.session.id)
    .executeTakeFirst();
  expect(row?.state).toBe('ended');
});
