import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTestBroker, type TestBroker } from '../../../../fakes/test-broker.ts';

let broker: TestBroker;
beforeEach(async () => {
  broker = await startTestBroker();
});
afterEach(() => broker.end());

/** A wrong code from a terminal that nobody has seen yet. */
async function guess(headers: Record<string, string>): Promise<number> {
  const terminal = await broker.newTerminal();
  const reply = await terminal.call('enroll', {
    body: { code: 'BBBB-BBBB', name: 'x' },
    headers,
  });
  return reply.status;
}

/** Uses up what an address may get wrong, ten times at each terminal. */
async function exhaust(headers: Record<string, string>): Promise<void> {
  const body = { code: 'BBBB-BBBB', name: 'x' };
  for (let many = 0; many < 10; many += 1) {
    const terminal = await broker.newTerminal();
    for (let round = 0; round < 10; round += 1) {
      expect(await terminal.call('enroll', { body, headers })).toMatchObject({ status: 403 });
    }
  }
  expect(await guess(headers)).toBe(403);
}

describe('an enrollment code', () => {
  it('enrolls a terminal, by the thumbprint of its key', async () => {
    const terminal = await broker.newTerminal();
    const { code } = await broker.admin.issueEnrollmentCode();
    const reply = await terminal.enroll(code.toLowerCase().replace('-', ' '), 'front desk');
    expect(reply).toMatchObject({ status: 201, body: { terminalId: terminal.id } });
    expect(await broker.admin.listTerminals()).toMatchObject([
      { id: terminal.id, name: 'front desk', revoked: false },
    ]);
  });

  it('that is wrong is told from one that was used and one that has expired', async () => {
    const terminal = await broker.newTerminal();
    expect(await terminal.enroll('AAAA-AAAA')).toMatchObject({
      status: 403,
      body: { code: 'enrollment-code-wrong' },
    });
    const used = await broker.admin.issueEnrollmentCode();
    await (await broker.newTerminal()).enroll(used.code);
    expect(await terminal.enroll(used.code)).toMatchObject({
      status: 403,
      body: { code: 'enrollment-code-used' },
    });
    const old = await broker.admin.issueEnrollmentCode({ expiresInSeconds: 60 });
    broker.clock.pass(60_000);
    expect(await terminal.enroll(old.code)).toMatchObject({
      status: 403,
      body: { code: 'enrollment-code-expired' },
    });
    expect(terminal.refreshToken).toBeNull();
  });

  it('may be sent again by the same terminal, whose answer was lost, and by no other', async () => {
    const terminal = await broker.newTerminal();
    const { code } = await broker.admin.issueEnrollmentCode();
    await terminal.enroll(code);
    const first = terminal.refreshToken;
    expect(await terminal.enroll(code)).toMatchObject({ status: 201 });
    expect(terminal.refreshToken).not.toBe(first);
    await terminal.call('unenroll');
    expect(await terminal.enroll(code)).toMatchObject({ body: { code: 'enrollment-code-used' } });
  });

  it('cannot be guessed: the wait grows, and a right one ends it', async () => {
    const terminal = await broker.newTerminal();
    const replies = [];
    for (let round = 0; round < 12; round += 1) replies.push(await terminal.enroll('BBBB-BBBB'));
    expect(replies.at(-1)).toMatchObject({
      status: 429,
      body: { code: 'too-many-requests', retryAfterSeconds: 1 },
      headers: { 'retry-after': '1' },
    });
    broker.clock.pass(1_000);
    const { code } = await broker.admin.issueEnrollmentCode();
    expect(await terminal.enroll(code)).toMatchObject({ status: 201 });
  });

  it('mistyped at one terminal keeps no other at the same address waiting', async () => {
    const clumsy = await broker.newTerminal();
    for (let round = 0; round < 20; round += 1) await clumsy.enroll('BBBB-BBBB');
    expect(await clumsy.enroll('BBBB-BBBB')).toMatchObject({ status: 429 });
    const { code } = await broker.admin.issueEnrollmentCode();
    expect(await (await broker.newTerminal()).enroll(code)).toMatchObject({ status: 201 });
  });

  it('cannot be guessed with a new key for each try either', async () => {
    await exhaust({});
    expect(await guess({})).toBe(429);
    broker.clock.pass(30_000);
    expect(await guess({})).toBe(403);
  });

  it('is counted for the terminal that a trusted proxy names, and whatever others name', async () => {
    const from = (address: string) => ({ 'x-forwarded-for': address });
    await exhaust(from('192.0.2.1'));
    expect(await guess(from('192.0.2.2'))).toBe(429);
    await broker.end();
    broker = await startTestBroker({ trustedProxies: ['127.0.0.0/8'] });
    await exhaust(from('192.0.2.1'));
    expect(await guess(from('192.0.2.1'))).toBe(429);
    expect(await guess(from('192.0.2.2'))).toBe(403);
  });

  it.each([
    ['a code of another form', { code: '!!', name: 'x' }],
    ['no name', { code: 'ABCDEFGH', name: ' ' }],
    ['a field too many', { code: 'ABCDEFGH', name: 'x', admin: true }],
    ['no body', undefined],
  ])('is not asked with %s', async (_, body) => {
    const terminal = await broker.newTerminal();
    expect(await terminal.call('enroll', { body })).toMatchObject({
      status: 400,
      body: { code: 'invalid-request' },
    });
  });
});

describe('a terminal', () => {
  it('that unenrolls is forgotten, with what runs on it', async () => {
    const { desktopId } = await broker.userWithDesktop('ada');
    const terminal = await broker.terminal();
    await terminal.signIn('ada', 'correct horse');
    await terminal.call('createSession', { body: { desktopId } });
    expect(await terminal.call('unenroll')).toMatchObject({ status: 204 });
    expect(broker.host.latest.state.kind).toBe('stopped');
    expect(await terminal.call('listDesktops')).toMatchObject({
      body: { code: 'terminal-unknown' },
    });
  });

  it('that was revoked learns it, however it asks, and can be enrolled anew', async () => {
    await broker.userWithDesktop('ada');
    const terminal = await broker.terminal();
    await terminal.signIn('ada', 'correct horse');
    await broker.admin.revokeTerminal(terminal.id);
    for (const name of ['listDesktops', 'signOut', 'unenroll'] as const) {
      expect(await terminal.call(name)).toMatchObject({
        status: 401,
        body: { code: 'terminal-unknown' },
      });
    }
    const { code } = await broker.admin.issueEnrollmentCode();
    await terminal.enroll(code);
    expect(await terminal.signIn('ada', 'correct horse')).toMatchObject({ status: 201 });
  });
});
