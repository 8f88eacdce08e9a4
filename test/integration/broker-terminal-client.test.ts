import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resumeSession } from '../../src/terminal/sign-in.ts';
import { TestBroker } from '../harness/broker.ts';
import { HeadlessTerminal } from '../harness/client.ts';
import { addHarbour } from '../harness/journey.ts';
import { type Postgres, startPostgres } from '../harness/postgres.ts';

const ada = { username: 'ada', displayName: 'Ada', password: 'correct horse' };
const never = new AbortController().signal;

/** The terminal's own core against a broker in a process of its own, over TLS. */
describe.each(['sqlite', 'postgres'] as const)('a terminal and its broker on %s', (dialect) => {
  let postgres: Postgres | null = null;
  let broker: TestBroker;
  let terminal: HeadlessTerminal;

  beforeAll(async () => {
    if (dialect === 'postgres') postgres = await startPostgres();
    broker = await TestBroker.start({}, postgres?.url);
    await addHarbour(broker, [ada]);
  });

  afterAll(async () => {
    await terminal?.dispose();
    await broker?.dispose();
    await postgres?.dispose();
  });

  it('meet by a token, and know each other after the broker was killed', async () => {
    terminal = await HeadlessTerminal.enroll(broker);
    await broker.kill();
    await broker.restart();
    await terminal.enrolled.greet(never);
    expect(terminal.enrolled.profile).toMatchObject({ id: terminal.identity.terminalId });
  });

  it('meet by the word of an administrator', async () => {
    const other = await HeadlessTerminal.request(broker, (code) =>
      broker.admin((admin) => admin.approveEnrollment({ code })),
    );
    const listed = await broker.admin((admin) => admin.listTerminals());
    expect(listed.map(({ id }) => id)).toContain(other.identity.terminalId);
    await other.dispose();
  });

  it('sign a user in, who is still there after the broker was killed', async () => {
    await terminal.signIn(ada);
    await broker.kill();
    await broker.restart();
    expect(await terminal.client.call('getUser', {})).toMatchObject({ username: 'ada' });
    const { desktops } = await terminal.client.call('listDesktops', {});
    expect(desktops.map(({ name }) => name)).toEqual(['Harbour']);
  });

  it('lock, which only a sign-in ends', async () => {
    await terminal.client.call('lock', {});
    await expect(terminal.client.call('listDesktops', {})).rejects.toMatchObject({
      code: 'not-signed-in',
    });
    expect(await resumeSession(terminal.enrolled, never)).toBeNull();
    await terminal.signIn(ada);
    await terminal.client.call('listDesktops', {});
  });

  it('part when the user signs out', async () => {
    const { enrolled, client } = terminal;
    await enrolled.oauth.revoke(await enrolled.userTokens.revocable(), never);
    await expect(client.call('getUser', {})).rejects.toMatchObject({ code: 'not-signed-in' });
  });

  it('part for good when the terminal is revoked', async () => {
    const { terminalId } = terminal.identity;
    await broker.admin((admin) => admin.revokeTerminal(terminalId));
    await expect(terminal.client.call('getTerminal', {})).rejects.toMatchObject({
      code: 'terminal-unknown',
    });
    await expect(terminal.signIn(ada)).rejects.toBeDefined();
  });

  it('have written all of it down', async () => {
    const events = await broker.admin((admin) => admin.listAudit({}));
    const actions = new Set(events.map(({ action }) => action));
    expect([...actions]).toEqual(
      expect.arrayContaining([
        'terminal.enrolled',
        'terminal.approved',
        'user.signed-in',
        'user.locked',
        'user.signed-out',
        'terminal.revoked',
      ]),
    );
    expect(await broker.admin((admin) => admin.verifyAudit())).toMatchObject({ sound: true });
  });
});
