import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../src/contract/clock.ts';
import { createBrokerClient } from '../../src/terminal/broker-client.ts';
import { createDeviceKey, thumbprint } from '../../src/terminal/device-key.ts';
import { type ListeningBroker, startListeningBroker } from '../fakes/listening-broker.ts';
import { password } from '../fakes/test-broker.ts';

let stage: ListeningBroker;
beforeEach(async () => {
  stage = await startListeningBroker();
});
afterEach(() => stage.end());

it("understands the terminal's own client, and is understood by it, on every route", async () => {
  const { desktopId } = await stage.seat('ada');
  const clock = { ...systemClock, now: () => stage.clock.now() };
  const client = createBrokerClient(stage.broker.url, { fetch, clock });
  const key = await createDeviceKey();
  const { code } = await stage.admin.issueEnrollmentCode();
  await client.call('health', { key, token: null });
  const body = { code, name: 'a real one' };
  const { terminalId, refreshToken } = await client.call('enroll', { key, token: null, body });
  expect(terminalId).toBe(await thumbprint(key));

  const signIn = (token: string) =>
    client.call('signIn', { key, token, body: { grant: 'password', username: 'ada', password } });
  const { accessToken: token, user } = await signIn(refreshToken);
  expect(user.username).toBe('ada');
  const { desktops } = await client.call('listDesktops', { key, token });
  expect(desktops.map(({ id }) => id)).toEqual([desktopId]);

  const { id } = await client.call('createSession', { key, token, body: { desktopId } });
  const params = { id };
  const session = await client.call('getSession', { key, token, params, query: { after: 0 } });
  expect(session.state).toBe('running');
  expect((await client.call('createTicket', { key, token, params })).path).toContain(id);
  expect(await client.call('sessionPicture', { key, token, params })).toBeInstanceOf(Uint8Array);
  const resumed = await client.call('signIn', {
    key,
    token: refreshToken,
    body: { grant: 'resume' },
  });
  expect(resumed.session?.id).toBe(id);

  await client.call('lock', { key, token: resumed.accessToken });
  await expect(
    client.call('listDesktops', { key, token: resumed.accessToken }),
  ).rejects.toMatchObject({ code: 'not-signed-in' });
  const unlocked = await signIn(refreshToken);
  const ended = await client.call('endSession', { key, token: unlocked.accessToken, params });
  expect(ended.state).toBe('ended');
  await client.call('signOut', { key, token: unlocked.accessToken });
  await client.call('unenroll', { key, token: refreshToken });
  await expect(signIn(refreshToken)).rejects.toMatchObject({ code: 'terminal-unknown' });
});
