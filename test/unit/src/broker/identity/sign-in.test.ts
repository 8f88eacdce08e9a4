import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FakeTerminal } from '../../../../fakes/fake-terminal.ts';
import { password, startTestBroker, type TestBroker } from '../../../../fakes/test-broker.ts';

let broker: TestBroker;
let terminal: FakeTerminal;
let desktopId: string;
beforeEach(async () => {
  broker = await startTestBroker({ limits: { signInSeconds: 600 } });
  ({ desktopId } = await broker.userWithDesktop('ada'));
  terminal = await broker.terminal();
});
afterEach(() => broker.end());

const wrong = { status: 401, body: { code: 'credentials-wrong' } };
const throttled = { status: 429, body: { code: 'sign-in-throttled' } };
const nothing = { status: 404, body: { code: 'nothing-to-resume' } };

async function failAt(at: FakeTerminal, username: string, times: number): Promise<void> {
  for (let round = 0; round < times; round += 1) {
    expect(await at.signIn(username, 'a guess')).toMatchObject(wrong);
  }
}

async function startSession(): Promise<void> {
  await terminal.signIn('ada', password);
  await terminal.call('createSession', { body: { desktopId } });
  broker.host.latest.boot();
}

describe('a password', () => {
  it('that is wrong and a user that is unknown are the same', async () => {
    const [known, unknown] = [
      await terminal.signIn('ada', 'a guess'),
      await terminal.signIn('nobody', 'a guess'),
    ];
    expect(known).toMatchObject(wrong);
    const anonymous = ({ body }: typeof known) =>
      JSON.stringify(body).replace(/"requestId":"[^"]+"/, '');
    expect(anonymous(unknown)).toBe(anonymous(known));
  });

  it('cannot be guessed: after four wrong ones the wait doubles', async () => {
    await failAt(terminal, 'ada', 5);
    expect(await terminal.signIn('ada', password)).toMatchObject({
      ...throttled,
      headers: { 'retry-after': '2' },
    });
    broker.clock.pass(2_000);
    await failAt(terminal, 'ada', 1);
    expect(await terminal.signIn('ada', password)).toMatchObject({
      body: { retryAfterSeconds: 4 },
    });
    broker.clock.pass(4_000);
    expect(await terminal.signIn('ada', password)).toMatchObject({ status: 201 });
  });

  it('guessed at one terminal locks nobody out at another', async () => {
    await failAt(terminal, 'ada', 5);
    expect(await terminal.signIn('ada', password)).toMatchObject(throttled);
    const elsewhere = await broker.terminal();
    expect(await elsewhere.signIn('ada', password)).toMatchObject({ status: 201 });
  });

  it('guessed for many users slows the terminal down, and a right one in between does not help', async () => {
    await broker.userWithDesktop('mallory');
    for (let user = 0; user < 13; user += 1) {
      await terminal.signIn('mallory', password);
      await failAt(terminal, `user${user}`, 1);
    }
    expect(await terminal.signIn('mallory', password)).toMatchObject(throttled);
  });

  it('guessed by one locks nobody else out at the terminal, nor slows the next down', async () => {
    await broker.userWithDesktop('bob');
    for (let round = 0; round < 13; round += 1) {
      broker.clock.pass(5_000);
      await terminal.signIn('ada', 'a guess');
      await terminal.signIn(`user${round}`, 'a guess');
    }
    broker.clock.pass(5_000);
    expect(await terminal.signIn('bob', password)).toMatchObject({ status: 201 });
    await terminal.call('lock');
    expect(await terminal.signIn('bob', password)).toMatchObject({ status: 201 });
  });

  it('makes those who share a terminal wait five seconds at most', async () => {
    for (let round = 0; round < 40; round += 1) {
      await terminal.signIn(`user${round}`, 'a guess');
      broker.clock.pass(5_000);
    }
    await terminal.signIn('one more', 'a guess');
    expect(await terminal.signIn('ada', password)).toMatchObject({
      ...throttled,
      body: { retryAfterSeconds: 5 },
    });
    broker.clock.pass(5_000);
    expect(await terminal.signIn('ada', password)).toMatchObject({ status: 201 });
  });

  it('is not found out by many tries at once', async () => {
    const replies = await Promise.all(
      Array.from({ length: 12 }, () => terminal.signIn('ada', 'a guess')),
    );
    expect(replies.filter(({ status }) => status === 401)).toHaveLength(5);
  });
});

describe('a sign-in', () => {
  it('ends after its time, and with a new password', async () => {
    await terminal.signIn('ada', password);
    broker.clock.pass(600_000);
    const ended = { status: 401, body: { code: 'not-signed-in' } };
    expect(await terminal.call('listDesktops')).toMatchObject(ended);
    await terminal.signIn('ada', password);
    await broker.admin.setPassword({ username: 'ada', password: 'another horse' });
    expect(await terminal.call('listDesktops')).toMatchObject(ended);
    expect(await terminal.signIn('ada', password)).toMatchObject(wrong);
    expect(await terminal.signIn('ADA ', 'another horse')).toMatchObject({ status: 201 });
  });

  it("is of no use at another terminal, nor is another's refresh token", async () => {
    await terminal.signIn('ada', password);
    const other = await broker.terminal();
    const misused = { status: 401, body: { code: 'proof-invalid' } };
    const token = terminal.accessToken;
    expect(await other.call('listDesktops', { token })).toMatchObject(misused);
    const stolen = await other.call('signIn', {
      token: terminal.refreshToken,
      body: { grant: 'resume' },
    });
    expect(stolen).toMatchObject(misused);
  });

  it('takes the place of the one before at the same terminal', async () => {
    await broker.userWithDesktop('bob');
    await terminal.signIn('ada', password);
    const token = terminal.accessToken;
    await terminal.signIn('bob', password);
    expect(await terminal.call('listDesktops', { token })).toMatchObject({
      body: { code: 'not-signed-in' },
    });
  });

  it('ends the sessions of the terminal with it', async () => {
    await startSession();
    expect(await terminal.call('signOut')).toMatchObject({ status: 204 });
    expect(broker.host.latest.state.kind).toBe('stopped');
    expect(await terminal.resume()).toMatchObject(nothing);
  });
});

describe('resuming', () => {
  it('gives the user of the running session a new sign-in', async () => {
    await startSession();
    broker.clock.pass(120_000);
    expect(await terminal.resume()).toMatchObject({
      status: 201,
      body: { user: { username: 'ada' }, session: { state: 'running' } },
    });
    expect(await terminal.call('listDesktops')).toMatchObject({ status: 200 });
  });

  it('does not prolong the sign-in, however often', async () => {
    await startSession();
    for (let round = 0; round < 5; round += 1) {
      broker.clock.pass(100_000);
      expect(await terminal.resume()).toMatchObject({
        status: 201,
        body: { expiresInSeconds: 500 - 100 * round },
      });
    }
    broker.clock.pass(100_000);
    expect(await terminal.call('listDesktops')).toMatchObject({
      body: { code: 'not-signed-in' },
    });
    expect(await terminal.resume()).toMatchObject(nothing);
  });

  it('is refused after a new password, until it is given', async () => {
    await startSession();
    await broker.admin.setPassword({ username: 'ada', password: 'another horse' });
    expect(await terminal.resume()).toMatchObject(nothing);
    await terminal.signIn('ada', 'another horse');
    expect(await terminal.resume()).toMatchObject({ status: 201 });
  });

  it('makes the token before it worthless', async () => {
    await startSession();
    const token = terminal.accessToken;
    await terminal.resume();
    expect(await terminal.call('listDesktops', { token })).toMatchObject({
      body: { code: 'not-signed-in' },
    });
  });

  it('is refused to a terminal that was away for too long, however often it asks', async () => {
    await startSession();
    broker.clock.pass(120_001);
    expect(await terminal.resume()).toMatchObject(nothing);
    expect(await terminal.resume()).toMatchObject(nothing);
  });

  it('is refused where nothing runs, and elsewhere', async () => {
    await terminal.signIn('ada', password);
    expect(await terminal.resume()).toMatchObject(nothing);
    await startSession();
    expect(await (await broker.terminal()).resume()).toMatchObject(nothing);
  });

  it('does not give one user the session that another left at the terminal', async () => {
    await startSession();
    await broker.userWithDesktop('bob');
    await terminal.signIn('bob', password);
    expect(await terminal.resume()).toMatchObject(nothing);
  });

  it('follows the session to the terminal that has it now', async () => {
    await startSession();
    const elsewhere = await broker.terminal();
    await elsewhere.signIn('ada', password);
    await elsewhere.call('createSession', { body: { desktopId } });
    expect(await terminal.resume()).toMatchObject(nothing);
    expect(await elsewhere.resume()).toMatchObject({ status: 201 });
  });
});

describe('a locked terminal', () => {
  it('does nothing for its user but sign out, until the password is given', async () => {
    await startSession();
    expect(await terminal.call('lock')).toMatchObject({ status: 204 });
    expect(await terminal.call('listDesktops')).toMatchObject({
      status: 401,
      body: { code: 'not-signed-in' },
    });
    expect(await terminal.resume()).toMatchObject(nothing);
    expect(await terminal.signIn('ada', password)).toMatchObject({ status: 201 });
    expect(await terminal.call('listDesktops')).toMatchObject({ status: 200 });
    expect(await terminal.resume()).toMatchObject({ status: 201 });
    await terminal.call('lock');
    expect(await terminal.call('signOut')).toMatchObject({ status: 204 });
  });
});
