import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deviceFields } from '../../../../fakes/fake-oauth-client.ts';
import type { FakeTerminal } from '../../../../fakes/fake-terminal.ts';
import { password, startTestBroker, type TestBroker } from '../../../../fakes/test-broker.ts';
import { textIn } from '../../../../fakes/transport.ts';
import { until } from '../../../../fakes/until.ts';

let broker: TestBroker;
let terminal: FakeTerminal;
beforeEach(async () => {
  broker = await startTestBroker();
  terminal = await broker.newTerminal();
});
afterEach(() => broker.end());

async function request(): Promise<{ userCode: string; deviceCode: string }> {
  const { body } = await terminal.oauth.requestEnrollment();
  return { userCode: textIn(body, 'user_code'), deviceCode: textIn(body, 'device_code') };
}

const refusedWith = (error: string) => ({ status: 400, body: { error } });

describe('a request to be enrolled', () => {
  it('is answered with a code for people, and the page for it', async () => {
    const { status, body } = await terminal.oauth.requestEnrollment();
    expect(status).toBe(200);
    expect(body).toMatchObject({
      user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
      verification_uri: 'https://broker.example/enroll',
      expires_in: 600,
    });
  });

  it('waits for an administrator, who sees what the terminal says of itself', async () => {
    const { userCode, deviceCode } = await request();
    expect(await broker.admin.listEnrollments()).toMatchObject([
      { userCode, terminalId: terminal.id, name: 'a terminal', vault: 'keychain' },
    ]);
    expect(await terminal.oauth.pollEnrollment(deviceCode)).toMatchObject(
      refusedWith('authorization_pending'),
    );
    await broker.admin.approveEnrollment({ code: userCode, name: 'the hall' });
    expect(await broker.admin.listEnrollments()).toEqual([]);
    expect(await terminal.oauth.pollEnrollment(deviceCode)).toMatchObject({ status: 200 });
    expect(await terminal.call('getTerminal')).toMatchObject({
      status: 200,
      body: { id: terminal.id, name: 'the hall', account: null },
    });
  });

  it('can be refused, and is over after ten minutes', async () => {
    const refused = await request();
    await broker.admin.denyEnrollment(refused.userCode);
    expect(await terminal.oauth.pollEnrollment(refused.deviceCode)).toMatchObject(
      refusedWith('access_denied'),
    );
    const late = await request();
    broker.clock.pass(600_001);
    await expect(broker.admin.approveEnrollment({ code: late.userCode })).rejects.toMatchObject({
      code: 'enrollment-not-found',
    });
  });

  it('is decided on once', async () => {
    const { userCode } = await request();
    await broker.admin.denyEnrollment(userCode);
    await expect(broker.admin.approveEnrollment({ code: userCode })).rejects.toMatchObject({
      code: 'enrollment-not-found',
    });
    expect(await broker.admin.listTerminals()).toEqual([]);
  });

  it('is bound to its key: the code is of no use to another', async () => {
    const { userCode, deviceCode } = await request();
    await broker.admin.approveEnrollment({ code: userCode });
    const thief = await broker.newTerminal();
    expect(await thief.oauth.pollEnrollment(deviceCode)).toMatchObject(
      refusedWith('invalid_grant'),
    );
    expect(await terminal.oauth.pollEnrollment(deviceCode)).toMatchObject({ status: 200 });
    expect(await terminal.oauth.pollEnrollment(deviceCode)).toMatchObject(
      refusedWith('invalid_grant'),
    );
  });

  it('needs a proof, and to say what it is', async () => {
    expect(await terminal.oauth.form('/oauth/device', deviceFields)).toMatchObject(
      refusedWith('invalid_dpop_proof'),
    );
    const { device_vault: _, ...incomplete } = deviceFields;
    expect(await terminal.oauth.requestEnrollment(incomplete)).toMatchObject(
      refusedWith('invalid_request'),
    );
    expect(
      await terminal.oauth.requestEnrollment({ ...deviceFields, device_name: ' ' }),
    ).toMatchObject(refusedWith('invalid_request'));
  });

  it('is refused when a hundred wait at one address', async () => {
    const room = await Promise.all(Array.from({ length: 110 }, () => broker.newTerminal()));
    const replies = await Promise.all(room.map(({ oauth }) => oauth.requestEnrollment()));
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(100);
    expect(await broker.admin.listEnrollments()).toHaveLength(100);
    expect(await terminal.oauth.requestEnrollment()).toMatchObject({
      status: 429,
      body: { error: 'temporarily_unavailable', error_description: 'too-many-requests' },
    });
    broker.clock.pass(600_001);
    expect(await terminal.oauth.requestEnrollment()).toMatchObject({ status: 200 });
  });

  it('takes the place of an earlier one of the same terminal', async () => {
    const earlier = await request();
    const later = await request();
    expect(await broker.admin.listEnrollments()).toMatchObject([{ userCode: later.userCode }]);
    expect(await terminal.oauth.pollEnrollment(earlier.deviceCode)).toMatchObject(
      refusedWith('invalid_grant'),
    );
    const asked = await broker.audit.list({ limit: 10, action: 'terminal.requested' });
    expect(asked).toHaveLength(1);
  });

  it('cannot be sent on and on', async () => {
    for (let round = 0; round < 101; round += 1) await request();
    expect(await terminal.oauth.requestEnrollment()).toMatchObject({
      status: 429,
      headers: { 'retry-after': '1' },
    });
  });

  it('is good for one of two polls that come at once', async () => {
    const { userCode, deviceCode } = await request();
    await broker.admin.approveEnrollment({ code: userCode });
    const polls = [terminal, terminal].map(({ oauth }) => oauth.pollEnrollment(deviceCode));
    const statuses = (await Promise.all(polls)).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([200, 400]);
  });

  it('cannot be found by guessing', async () => {
    const guess = () => broker.admin.denyEnrollment('BCDF-GHJK');
    for (let round = 0; round < 11; round += 1) {
      await expect(guess()).rejects.toMatchObject({ code: 'enrollment-not-found' });
    }
    await expect(guess()).rejects.toMatchObject({ code: 'too-many-requests' });
  });
});

describe('an enrollment token', () => {
  it('enrolls as many terminals as it may, each as often as it asks', async () => {
    const { token } = await broker.admin.createEnrollmentToken({ label: 'hall', uses: 1 });
    expect(await terminal.oauth.enrollByToken(token)).toMatchObject({ status: 200 });
    expect(await terminal.oauth.enrollByToken(token)).toMatchObject({ status: 200 });
    expect(await terminal.call('getTerminal')).toMatchObject({ status: 200 });
    const other = await broker.newTerminal();
    expect(await other.oauth.enrollByToken(token)).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant', error_description: 'enrollment-token-used-up' },
    });
    expect(await other.oauth.enrollByToken('x'.repeat(43))).toMatchObject({
      body: { error_description: 'enrollment-token-wrong' },
    });
  });
});

describe('a terminal that enrolls again', () => {
  it('opens nothing that was locked: whoever sat there is signed out', async () => {
    await broker.userWithDesktop('ada');
    const seat = await broker.terminal();
    await seat.signIn('ada', password);
    await seat.call('lock');
    const refreshToken = seat.refreshToken ?? '';
    const { body } = await seat.oauth.requestEnrollment();
    await broker.admin.approveEnrollment({ code: textIn(body, 'user_code') });
    expect(await seat.call('getUser')).toMatchObject({ status: 401 });
    expect(await seat.oauth.refreshUser()).toMatchObject(refusedWith('invalid_grant'));
    expect(await seat.oauth.refresh(refreshToken)).toMatchObject(refusedWith('invalid_grant'));
    expect(await seat.oauth.pollEnrollment(textIn(body, 'device_code'))).toMatchObject({
      status: 200,
    });
    expect(await seat.call('getTerminal')).toMatchObject({ status: 200 });
    expect(await seat.oauth.resume()).toMatchObject(refusedWith('invalid_grant'));
  });
});

describe('the audit log', () => {
  it('tells of each step, and of what was refused', async () => {
    const { userCode, deviceCode } = await request();
    await broker.admin.approveEnrollment({ code: userCode });
    await terminal.oauth.pollEnrollment(deviceCode);
    await terminal.oauth.enrollByToken('x'.repeat(43));
    // What was refused is written down after the answer.
    await until('the refusal is written down', async () => {
      return (await broker.audit.list({ action: 'request.refused', limit: 1 })).length === 1;
    });
    const events = await broker.audit.list({ limit: 100 });
    expect(events.map(({ action, code }) => [action, code]).toReversed()).toEqual([
      ['terminal.requested', null],
      ['terminal.enrolled', null],
      ['terminal.approved', null],
      ['request.refused', 'enrollment-token-wrong'],
    ]);
  });
});
