import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestBroker, type TestBroker } from '../../../fakes/test-broker.ts';

let broker: TestBroker;
beforeEach(async () => {
  broker = await startTestBroker();
});
afterEach(() => broker.end());

const ada = { username: ' Ada ', displayName: 'Ada Lovelace', password: 'correct horse' };
const desktop = {
  name: 'Office',
  image: 'porthole',
  engine: 'para',
  memoryMb: 512,
  cpus: 2,
} as const;
const invalid = (detail: string) => ({
  code: 'config-invalid',
  detail: expect.stringContaining(detail),
});

describe('the command line', () => {
  it('adds users, whose names are the same however they are typed', async () => {
    await broker.admin.addUser(ada);
    expect(await broker.admin.listUsers()).toMatchObject([
      { username: 'ada', displayName: 'Ada Lovelace' },
    ]);
    await expect(broker.admin.addUser({ ...ada, username: 'ADA' })).rejects.toMatchObject(
      invalid('user ada exists already'),
    );
  });

  it('refuses a short password, and names without users', async () => {
    await expect(broker.admin.addUser({ ...ada, password: 'short' })).rejects.toMatchObject(
      invalid('password'),
    );
    await expect(
      broker.admin.setPassword({ username: 'nobody', password: 'long enough' }),
    ).rejects.toMatchObject(invalid('nobody'));
  });

  it('adds desktops for users, all or nothing', async () => {
    await broker.admin.addUser(ada);
    await expect(
      broker.admin.addDesktop({ ...desktop, users: ['ada', 'bob'] }),
    ).rejects.toMatchObject(invalid('bob'));
    expect(await broker.admin.listDesktops()).toEqual([]);
    const { id } = await broker.admin.addDesktop({ ...desktop, users: ['ada'] });
    expect(await broker.admin.listDesktops()).toEqual([{ id, ...desktop, description: '' }]);
    await expect(
      broker.admin.addDesktop({ ...desktop, image: '../etc/passwd' }),
    ).rejects.toMatchObject(invalid('image'));
  });

  it('entitles users afterwards, as often as it is told to', async () => {
    await broker.admin.addUser(ada);
    const { id } = await broker.admin.addDesktop(desktop);
    for (let round = 0; round < 2; round += 1) {
      await broker.admin.entitle({ username: 'ada', desktopId: id });
    }
    await expect(
      broker.admin.entitle({ username: 'ada', desktopId: 'none' }),
    ).rejects.toMatchObject(invalid('none'));
  });

  it('lists sessions and tells where their logs are', async () => {
    const { desktopId } = await broker.userWithDesktop('ada');
    const terminal = await broker.terminal();
    await terminal.signIn('ada', 'correct horse');
    await terminal.call('createSession', { body: { desktopId } });
    const [session] = await broker.admin.listSessions();
    expect(session).toMatchObject({ username: 'ada', state: 'starting', endedAt: null });
    expect(await broker.admin.logsOf(session?.id ?? '')).toEqual(broker.host.latest.logs);
    await expect(broker.admin.logsOf('none')).rejects.toMatchObject(invalid('none'));
  });

  it('gives codes that last 15 minutes, or as long as it says', async () => {
    const now = broker.clock.now();
    const { expiresAt } = await broker.admin.issueEnrollmentCode();
    expect(Date.parse(expiresAt) - now).toBe(15 * 60_000);
    const hour = await broker.admin.issueEnrollmentCode({ expiresInSeconds: 3_600 });
    expect(Date.parse(hour.expiresAt) - now).toBe(3_600_000);
    await expect(broker.admin.issueEnrollmentCode({ expiresInSeconds: -1 })).rejects.toMatchObject(
      invalid(''),
    );
  });

  it('revokes terminals it knows', async () => {
    await expect(broker.admin.revokeTerminal('none')).rejects.toMatchObject(invalid('none'));
  });
});
