import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { grantTypes } from '../../../../src/contract/identity.ts';
import { until } from '../../../fakes/until.ts';
import { desktop, session, user } from './fixtures.ts';
import { Stage } from './stage.ts';

let stage: Stage;

beforeEach(() => {
  stage = new Stage();
});

afterEach(() => stage.terminal.dispose());

describe('signing in', () => {
  it('asks for a code that only this terminal can redeem', async () => {
    await stage.signedIn();
    const { page, vault, broker } = stage;
    expect(Object.fromEntries(page.asked)).toMatchObject({
      response_type: 'code',
      client_id: 'porthole-terminal',
      redirect_uri: 'app.porthole:/signed-in',
      scope: 'openid desktop',
      code_challenge_method: 'S256',
      dpop_jkt: vault.identity?.terminalId,
      prompt: 'login',
      ui_locales: 'ar',
    });
    const [redeemed] = await broker.grantsOf('authorization_code');
    const verifier = redeemed?.get('code_verifier') ?? '';
    expect(verifier.length).toBeGreaterThanOrEqual(43);
    expect(page.asked.toString()).not.toContain(verifier);
    expect(redeemed?.get('redirect_uri')).toBe('app.porthole:/signed-in');
  });

  it('leaves no trace of the tokens in states and vault', async () => {
    await stage.streaming();
    const seen = JSON.stringify([stage.history, stage.vault.identity]);
    expect(seen).not.toContain('user-access');
    expect(seen).not.toContain('user-refresh');
  });

  it('is over without a problem when the person turns back on the page', async () => {
    await stage.enrolled();
    stage.page.answer = { error: 'access_denied', error_description: 'the person turned back' };
    await stage.terminal.signIn();
    await stage.reach('signing-in');
    expect((await stage.reach('signed-out')).problem).toBeNull();
  });

  it('closes the page when the person cancels', async () => {
    await stage.enrolled();
    stage.page.answer = null;
    await stage.terminal.signIn();
    await until('the page is open', () => stage.page.requests.length === 1);
    await stage.terminal.cancel();
    expect(stage.terminal.state).toMatchObject({ kind: 'signed-out', problem: null });
  });

  it.each([
    [{ error: 'access_denied', error_description: 'account-disabled' }, 'account-disabled'],
    [{ error: 'server_error' }, 'internal-error'],
    [{ code: 'code', state: 'of another request' }, 'broker-answer-invalid'],
    [{ code: 'code', iss: 'https://another.example' }, 'broker-answer-invalid'],
  ])('%j → %s', async (answer, code) => {
    await stage.enrolled();
    stage.page.answer = answer;
    await stage.terminal.signIn();
    const { problem } = await stage.reach('signed-out', (state) => state.problem !== null);
    expect(problem?.code).toBe(code);
    expect(await stage.broker.grantsOf('authorization_code')).toEqual([]);
  });

  it('keeps nobody signed in whom it cannot show', async () => {
    await stage.enrolled();
    stage.broker.refuse('getUser', 'permission-missing');
    await stage.terminal.signIn();
    const { problem } = await stage.reach('signed-out', (state) => state.problem !== null);
    expect(problem?.code).toBe('permission-missing');
    await until('it was revoked', async () => (await stage.broker.revoked()).length === 1);
  });
});

describe('unlocking', () => {
  beforeEach(async () => {
    await stage.streaming();
    await stage.terminal.lock();
    await stage.reach('locked');
  });

  it('asks for the user who locked, and goes back to their session', async () => {
    await stage.terminal.unlock();
    await stage.reach('streaming');
    expect(stage.page.asked.get('login_hint')).toBe(user.username);
    expect(stage.page.asked.get('prompt')).toBe('login');
  });

  it('is refused to everybody else, who is signed out at once', async () => {
    stage.broker.answer('getUser', () =>
      Response.json({ ...user, id: session.id, username: 'eve' }),
    );
    await stage.terminal.unlock();
    const { problem } = await stage.reach('locked', (state) => state.problem !== null);
    expect(problem?.code).toBe('sign-in-refused');
    await until('it was revoked', async () => (await stage.broker.revoked()).length === 1);
  });

  it('closes the page and stays locked when the person cancels', async () => {
    stage.page.answer = null;
    await stage.terminal.unlock();
    await until('the page is open', () => stage.page.requests.length === 2);
    await stage.terminal.cancel();
    expect(stage.terminal.state).toMatchObject({ kind: 'locked', unlocking: false, problem: null });
    stage.page.answer = { code: 'code' };
    await stage.terminal.unlock();
    await stage.reach('streaming');
  });
});

describe('the account of the terminal', () => {
  it('opens its desktop, once', async () => {
    stage.broker.profile({ desktopId: desktop.id });
    stage.terminal.start();
    await stage.reach('unenrolled');
    await stage.terminal.enroll({ broker: 'https://broker.example' });
    await stage.reach('streaming');
    expect(stage.page.requests).toEqual([]);
    const [asked] = await stage.broker.grantsOf(grantTypes.terminalAccount);
    expect(asked?.get('terminal_token')).toBe(stage.broker.taken.terminal);
    await stage.terminal.disconnect();
    await stage.reach('signed-in', ({ desktops }) => desktops !== null);
  });

  it('is taken up by a terminal that already waits', async () => {
    await stage.enrolled();
    await until('the next look is due', () => stage.clock.pending === 1);
    stage.broker.profile({ desktopId: desktop.id });
    stage.clock.pass(30_000);
    await stage.reach('streaming');
  });

  it('is tried again until it works', async () => {
    const { broker, clock, terminal } = stage;
    broker.profile({ desktopId: desktop.id });
    broker.refuseGrant(grantTypes.terminalAccount, 'invalid_grant', 'account-disabled');
    terminal.start();
    await stage.reach('unenrolled');
    await terminal.enroll({ broker: 'https://broker.example' });
    const { retry } = await stage.reach('signed-out', (state) => state.retry !== null);
    expect(retry?.problem.code).toBe('account-disabled');
    broker.grant(grantTypes.terminalAccount, () => broker.tokens('user'));
    clock.pass(250);
    await stage.reach('streaming');
  });
});
