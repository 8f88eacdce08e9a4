import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { permissionsOf } from '../../../../src/broker/access/permissions.ts';
import { closeUnattended } from '../../../../src/broker/revocation.ts';
import { type SessionPolicy, usualSessionPolicy } from '../../../../src/contract/session-policy.ts';
import type { FakeTerminal } from '../../../fakes/fake-terminal.ts';
import { poolDesktops } from '../../../fakes/pool-desktops.ts';
import { password, startTestBroker, type TestBroker } from '../../../fakes/test-broker.ts';
import { until } from '../../../fakes/until.ts';

let broker: TestBroker;
let terminal: FakeTerminal;
beforeEach(async () => {
  broker = await startTestBroker({ limits: { signInSeconds: 600 } });
  const { desktopId } = await broker.userWithDesktop('ada');
  terminal = await broker.terminal();
  await terminal.signIn('ada', password);
  await terminal.call('createSession', { body: { desktopId } });
  broker.host.latest.boot();
});
afterEach(() => broker.end());

const out = (code: string) => ({ status: 401, body: { code } });

describe('sessions that were over long ago', () => {
  it('leave the list, but not those that still run', async () => {
    const before = await broker.admin.listSessions();
    const { id, ...row } = await broker.db
      .selectFrom('sessions')
      .selectAll()
      .executeTakeFirstOrThrow();
    const ended = { state: 'ended', ended_at: broker.clock.now() - 91 * 86_400_000 } as const;
    await broker.db
      .insertInto('sessions')
      .values({ ...row, ...ended, id: crypto.randomUUID() })
      .execute();
    expect(await broker.admin.listSessions()).toHaveLength(2);
    broker.clock.pass(10 * 60_000);
    await until('it is gone', async () => (await broker.admin.listSessions()).length === 1);
    expect(await broker.admin.listSessions()).toMatchObject([{ id: before[0]?.id }]);
    expect(id).toBe(before[0]?.id);
  });
});

describe('what the command line changes behind the broker', () => {
  it('ends what runs on a terminal that was revoked, within seconds', async () => {
    await broker.admin.revokeTerminal(terminal.id);
    expect(await terminal.call('listDesktops')).toMatchObject(out('terminal-unknown'));
    expect(await terminal.oauth.resume()).toMatchObject({ status: 400 });
    broker.clock.pass(5_000);
    await until('the desktop is stopped', () => broker.host.latest.state.kind === 'stopped');
  });

  it('ends the sessions of a user who was removed', async () => {
    await broker.admin.removeUser('ada');
    expect(await terminal.call('listDesktops')).toMatchObject(out('not-signed-in'));
    broker.clock.pass(5_000);
    await until('the desktop is stopped', () => broker.host.latest.state.kind === 'stopped');
  });

  it('ends what runs on a desktop that was removed', async () => {
    await broker.admin.removePool("ada's desktop", { endSessions: true, destroyDisks: false });
    broker.clock.pass(5_000);
    await until('the desktop is stopped', () => broker.host.latest.state.kind === 'stopped');
  });

  it('ends a session that was told to end, and says so once', async () => {
    const [session] = await broker.admin.listSessions();
    await broker.admin.endSession(session?.id ?? '');
    broker.clock.pass(5_000);
    await until('the desktop is stopped', () => broker.host.latest.state.kind === 'stopped');
    await until('that is written down', async () => {
      const [ended] = await broker.admin.listSessions();
      return ended?.state === 'ended';
    });
    expect(await broker.admin.listAudit({ action: 'session.ended' })).toMatchObject([
      { actor: { kind: 'command-line' }, target: { id: session?.id } },
    ]);
  });

  it('lets nobody go on whose account was switched off', async () => {
    await broker.admin.changeUser({ username: 'ada', disabled: true });
    expect(await terminal.call('listDesktops')).toMatchObject(out('not-signed-in'));
    expect(await terminal.oauth.refreshUser()).toMatchObject({ status: 400 });
    expect((await terminal.signIn('ada', password)).status).toBe(403);
  });
});

async function running(): Promise<string> {
  const { body } = await terminal.call('listDesktops');
  return JSON.stringify(body).match(/"session":\{"id":"([^"]+)"/)?.[1] ?? '';
}

describe('a desktop that is withdrawn from its user', () => {
  /** Takes the group that entitles ada to her desktop out of its entitlements. */
  async function withdraw(): Promise<() => Promise<void>> {
    const rows = await broker.db.selectFrom('entitlements').selectAll().execute();
    await broker.db.deleteFrom('entitlements').execute();
    return async () => {
      await broker.db.insertInto('entitlements').values(rows).execute();
    };
  }

  it('cannot be reached, runs on, and is there again once they are entitled again', async () => {
    const id = await running();
    const giveBack = await withdraw();
    for (const route of ['getSession', 'createTicket', 'sessionPicture'] as const) {
      expect(await terminal.call(route, { params: { id } })).toMatchObject({
        status: 404,
        body: { code: 'desktop-not-found' },
      });
    }
    expect(await terminal.oauth.resume()).toMatchObject({
      body: { error_description: 'nothing-to-resume' },
    });
    expect(broker.host.latest.state.kind).toBe('running');
    await giveBack();
    expect(await terminal.call('createTicket', { params: { id } })).toMatchObject({ status: 201 });
  });

  it('can be ended by them all the same', async () => {
    const id = await running();
    await withdraw();
    expect(await terminal.call('endSession', { params: { id } })).toMatchObject({ status: 202 });
    expect(broker.host.latest.state.kind).toBe('stopped');
  });
});

describe('a stream', () => {
  let governed: SessionPolicy[] = [];
  beforeEach(() => {
    governed = [];
  });

  async function closed(): Promise<string[]> {
    const [desktop] = await broker.admin.listPools();
    const [user] = await broker.admin.listUsers();
    const watching = {
      userId: user?.id ?? '',
      terminalId: terminal.id,
      sessionId: crypto.randomUUID(),
      desktopId: desktop?.id ?? '',
    };
    const cleared: string[] = [];
    const { clock, db } = broker;
    const govern = (policy: SessionPolicy) => void governed.push(policy);
    await closeUnattended(
      {
        db,
        clock,
        desktops: poolDesktops(broker),
        sessions: { find: () => ({ govern }) },
        permissionsOf: (userId) => permissionsOf(db, userId),
      },
      { watching: () => [watching], clear: (terminalId) => void cleared.push(terminalId) },
    );
    return cleared;
  }

  it('goes on while its user may see what it shows', async () => {
    expect(await closed()).toEqual([]);
  });

  it('goes on under what its pool allows by now', async () => {
    const [pool] = await broker.admin.listPools();
    await broker.admin.changePool({ pool: pool?.id ?? '', policy: { clipboard: 'none' } });
    expect(await closed()).toEqual([]);
    expect(governed).toEqual([{ ...usualSessionPolicy, clipboard: 'none' }]);
  });

  it.each(['group_roles', 'entitlements', 'seats'] as const)('ends without %s', async (table) => {
    await broker.db.deleteFrom(table).execute();
    expect(await closed()).toEqual([terminal.id]);
  });
});

describe('a sign-in whose time is up', () => {
  it('is over within seconds, on record, and nobody sits there any more', async () => {
    broker.clock.pass(600_000);
    await until('nobody sits there', async () => {
      broker.clock.pass(5_000);
      const seats = await broker.db.selectFrom('seats').selectAll().execute();
      return seats.length === 0;
    });
    expect(await broker.admin.listTerminals()).toMatchObject([{ user: null }]);
    const [event] = await broker.audit.list({ limit: 1, action: 'user.signed-out' });
    expect(event).toMatchObject({
      actor: { kind: 'broker' },
      target: { kind: 'user', name: 'ada' },
      terminalId: terminal.id,
    });
  });
});
