import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { adminRoutes } from '../../../../../../src/contract/admin-routes.ts';
import type { FakeTerminal } from '../../../../../fakes/fake-terminal.ts';
import { password, startTestBroker, type TestBroker } from '../../../../../fakes/test-broker.ts';
import { textIn } from '../../../../../fakes/transport.ts';
import { until } from '../../../../../fakes/until.ts';

let broker: TestBroker;
beforeEach(async () => {
  broker = await startTestBroker();
});
afterEach(() => broker.end());

/** A terminal at which a user of these groups sits. */
async function seated(username: string, groups: string[]): Promise<FakeTerminal> {
  await broker.admin.addUser({ username, displayName: username, password, groups });
  const terminal = await broker.terminal();
  await terminal.signIn(username, password);
  return terminal;
}

type RouteName = keyof typeof adminRoutes;
const routeNames = Object.keys(adminRoutes) as RouteName[]; // Object.keys widens to string[]

const nothing = {
  id: crypto.randomUUID(),
  diskId: crypto.randomUUID(),
  snapshotId: crypto.randomUUID(),
  userCode: 'BCDF-GHJK',
  name: 'none',
  version: '1',
};

/** A request for each route that has the form it asks for; what it is about is not there. */
function formOf(name: RouteName) {
  const terminal = { id: 'T'.repeat(43) };
  const body: Partial<Record<RouteName, object>> = {
    createUser: { username: 'eve', displayName: 'Eve', password },
    changeUser: {},
    createGroup: { name: 'crew' },
    changeGroup: {},
    createRole: { name: 'watch', permissions: [] },
    changeRole: {},
    createPool: { name: 'Quay', image: 'porthole', memoryMb: 256 },
    changePool: {},
    createServer: { name: 'Mail', image: 'porthole', autostart: false },
    changeServer: {},
    createSnapshot: { name: 'before' },
    publishMaster: { notes: 'all new' },
    chooseImageVersion: { version: 1 },
    changeTerminal: {},
    changeTerminalGroup: { name: 'Hall' },
    createTerminalGroup: { name: 'Hall' },
    approveEnrollment: {},
    createEnrollmentToken: { label: 'Hall' },
    sendMessage: { text: 'hello' },
    requestShadowing: { mode: 'view', reason: 'help' },
  };
  const params = name === 'changeTerminal' || name === 'revokeTerminal' ? terminal : nothing;
  const wanted = body[name];
  return { params, ...(wanted === undefined ? {} : { body: wanted }) };
}

describe('the routes of administration', () => {
  it('refuse a user without the permission, also for what is not there', async () => {
    const terminal = await seated('grace', []);
    for (const name of routeNames) {
      const { status, body } = await terminal.call(name, formOf(name));
      expect({ name, status, body }).toMatchObject({
        name,
        status: 403,
        body: { code: 'permission-missing' },
      });
    }
  });

  it('answer an administrator, who has them all', async () => {
    const terminal = await seated('ada', ['administrators']);
    for (const name of routeNames) {
      const { status, body } = await terminal.call(name, formOf(name));
      const { reply } = adminRoutes[name];
      expect({ name, status, body }).toMatchObject({
        name,
        status: adminRoutes[name].path.includes(':') ? 404 : reply.status,
      });
    }
  });

  it('say of an image, or of a version of one, that it is not there', async () => {
    const terminal = await seated('ada', ['administrators']);
    const server = { name: 'Mail', image: 'none', autostart: false };
    expect(await terminal.call('createServer', { body: server })).toMatchObject({
      status: 404,
      body: { code: 'not-found', detail: 'image none' },
    });
    const params = { name: 'porthole', version: '9' };
    expect(await terminal.call('removeImageVersion', { params })).toMatchObject({
      status: 404,
      body: { code: 'not-found', detail: 'image porthole has no version 9' },
    });
  });

  it('leave the fault of a desktop without its image to the broker', async () => {
    const { desktopId } = await broker.userWithDesktop('eve');
    await broker.admin.changePool({ pool: desktopId, image: 'none' });
    const terminal = await broker.terminal();
    await terminal.signIn('eve', password);
    expect(await terminal.call('createSession', { body: { desktopId } })).toMatchObject({
      status: 503,
      body: { code: 'image-unknown' },
    });
  });

  it('add a user to a group with a pool, who then sees it', async () => {
    const terminal = await seated('ada', ['administrators']);
    const desktop = await terminal.call('createPool', formOf('createPool'));
    const group = await terminal.call('createGroup', {
      body: { name: 'crew', pools: [textIn(desktop.body, 'id')] },
    });
    const user = { username: 'eve', displayName: 'Eve', password };
    await terminal.call('createUser', { body: { ...user, groups: [textIn(group.body, 'id')] } });
    const other = await broker.terminal();
    await other.signIn('eve', password);
    expect(await other.call('listDesktops')).toMatchObject({
      body: { desktops: [{ name: 'Quay' }] },
    });
    const log = await terminal.call('listAudit', { query: { action: 'user.created', limit: '1' } });
    expect(log.body).toMatchObject({
      events: [{ actor: { kind: 'user', name: 'ada' }, terminalId: terminal.id }],
    });
  });

  it('switch a user off, who is signed out at once', async () => {
    const [terminal, other] = [await seated('ada', ['administrators']), await seated('eve', [])];
    const eve = (await broker.admin.listUsers()).find(({ username }) => username === 'eve');
    const params = { id: eve?.id ?? '' };
    const body = { disabled: true };
    expect(await terminal.call('changeUser', { params, body })).toMatchObject({
      status: 200,
      body: { username: 'eve', disabled: true },
    });
    expect(await other.call('listDesktops')).toMatchObject({
      status: 401,
      body: { code: 'not-signed-in' },
    });
  });

  it('revoke a terminal, which is out at once', async () => {
    const [terminal, other] = [await seated('ada', ['administrators']), await seated('eve', [])];
    expect(await terminal.call('revokeTerminal', { params: { id: other.id } })).toMatchObject({
      status: 204,
    });
    expect(await other.call('listDesktops')).toMatchObject({
      status: 401,
      body: { code: 'terminal-unknown' },
    });
  });

  it('change a pool and remove it, which ends what runs on it', async () => {
    const terminal = await seated('ada', ['administrators']);
    const { desktopId } = await broker.userWithDesktop('eve');
    const other = await broker.terminal();
    await other.signIn('eve', password);
    const params = { id: desktopId };
    const change = { params, body: { name: 'Quay', memoryMb: 512 } };
    expect(await terminal.call('changePool', change)).toMatchObject({
      status: 200,
      body: { id: desktopId, name: 'Quay', memoryMb: 512 },
    });
    await other.call('createSession', { body: { desktopId } });
    broker.host.latest.boot();
    expect(await terminal.call('removePool', { params })).toMatchObject({
      status: 409,
      body: { code: 'change-conflict' },
    });
    const query = { endSessions: 'true' };
    expect(await terminal.call('removePool', { params, query })).toMatchObject({
      status: 200,
      body: { sessions: 1, disks: 0 },
    });
    expect(await other.call('listDesktops')).toMatchObject({ body: { desktops: [] } });
    broker.clock.pass(5_000);
    await until('the desktop is stopped', () => broker.host.latest.state.kind === 'stopped');
    expect(await terminal.call('listSessions', { query: { limit: '1' } })).toMatchObject({
      body: { sessions: [{ username: 'eve', desktop: 'Quay' }] },
    });
  });

  it('check the audit log against a hash that was noted', async () => {
    const terminal = await seated('ada', ['administrators']);
    const { head } = await broker.admin.verifyAudit();
    const verify = (noted: string) => terminal.call('verifyAudit', { query: { head: noted } });
    expect(await verify(head)).toMatchObject({ status: 200, body: { sound: true } });
    expect(await verify('f'.repeat(64))).toMatchObject({
      status: 200,
      body: { sound: false },
    });
  });

  it('end the session of a user, and say whose it was', async () => {
    const terminal = await seated('ada', ['administrators']);
    const { desktopId } = await broker.userWithDesktop('eve');
    const other = await broker.terminal();
    await other.signIn('eve', password);
    const { body } = await other.call('createSession', { body: { desktopId } });
    const params = { id: textIn(body, 'id') };
    expect(await terminal.call('listSessions')).toMatchObject({
      body: { sessions: [{ id: params.id, username: 'eve', state: 'starting' }] },
    });
    expect(await terminal.call('endSessionOfUser', { params })).toMatchObject({ status: 204 });
    expect(await other.call('getSession', { params })).toMatchObject({
      body: { state: expect.stringMatching(/^(ending|ended)$/) },
    });
    const [entry] = await broker.admin.listAudit({ action: 'session.ended' });
    expect(entry).toMatchObject({ actor: { name: 'ada' }, detail: { username: 'eve' } });
  });

  it('let in a terminal that waits, and refuse another', async () => {
    const terminal = await seated('ada', ['administrators']);
    const [wanted, unwanted] = [await broker.newTerminal(), await broker.newTerminal()];
    const codes: string[] = [];
    for (const each of [wanted, unwanted]) {
      const { body } = await each.oauth.requestEnrollment();
      codes.push(textIn(body, 'user_code'));
    }
    const [good = '', bad = ''] = codes;
    const listed = await terminal.call('listEnrollments');
    expect(listed.body).toMatchObject({
      enrollments: expect.arrayContaining([expect.objectContaining({ terminalId: wanted.id })]),
    });
    const approval = { params: { userCode: good }, body: { name: 'Front desk' } };
    expect(await terminal.call('approveEnrollment', approval)).toMatchObject({ status: 204 });
    const denial = { params: { userCode: bad } };
    expect(await terminal.call('denyEnrollment', denial)).toMatchObject({ status: 204 });
    const names = (await broker.admin.listTerminals()).map(({ name }) => name);
    expect(names).toContain('Front desk');
    expect(names).toHaveLength(2);
  });
});
