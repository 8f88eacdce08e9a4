import { afterAll, beforeAll, expect, it } from 'vitest';
import { password, startTestBroker, type TestBroker } from '../fakes/test-broker.ts';
import { startPostgres } from '../harness/postgres.ts';

let database: Awaited<ReturnType<typeof startPostgres>>;
let broker: TestBroker;
beforeAll(async () => {
  database = await startPostgres();
  broker = await startTestBroker({ databaseUrl: database.url });
}, 60_000);
afterAll(async () => {
  await broker.end();
  await database.dispose();
});

it('enrolls, signs in, renews, and finds a stolen token out on PostgreSQL as well', async () => {
  await broker.userWithDesktop('ada');
  const terminal = await broker.terminal();
  expect(await terminal.signIn('ada', password)).toMatchObject({ status: 200 });
  expect(await terminal.call('getUser')).toMatchObject({ body: { username: 'ada' } });
  expect(await terminal.oauth.refreshUser()).toMatchObject({ status: 200 });
  const stolen = terminal.refreshToken ?? '';
  for (let lost = 0; lost < 2; lost += 1) {
    expect(await terminal.oauth.refresh(stolen)).toMatchObject({ status: 200 });
  }
  expect(await terminal.oauth.refresh()).toMatchObject({ status: 200 });
  expect(await terminal.oauth.refresh(stolen)).toMatchObject({ status: 400 });
  expect(await terminal.call('getTerminal')).toMatchObject({
    status: 401,
    body: { code: 'terminal-unknown' },
  });
  expect(await broker.audit.verify()).toMatchObject({ sound: true });
}, 30_000);
