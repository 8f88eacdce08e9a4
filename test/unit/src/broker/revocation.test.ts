import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FakeTerminal } from '../../../fakes/fake-terminal.ts';
import { password, startTestBroker, type TestBroker } from '../../../fakes/test-broker.ts';
import { until } from '../../../fakes/until.ts';

let broker: TestBroker;
let terminal: FakeTerminal;
beforeEach(async () => {
  broker = await startTestBroker();
  const { desktopId } = await broker.userWithDesktop('ada');
  terminal = await broker.terminal();
  await terminal.signIn('ada', password);
  await terminal.call('createSession', { body: { desktopId } });
  broker.host.latest.boot();
});
afterEach(() => broker.end());

const out = (code: string) => ({ status: 401, body: { code } });

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

  it('lets nobody go on whose account was switched off', async () => {
    await broker.admin.changeUser({ username: 'ada', disabled: true });
    expect(await terminal.call('listDesktops')).toMatchObject(out('not-signed-in'));
    expect(await terminal.oauth.refreshUser()).toMatchObject({ status: 400 });
    expect((await terminal.signIn('ada', password)).status).toBe(403);
  });
});
