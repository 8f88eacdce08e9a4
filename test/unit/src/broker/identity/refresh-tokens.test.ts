import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { grantTypes } from '../../../../../src/contract/identity.ts';
import type { FakeTerminal } from '../../../../fakes/fake-terminal.ts';
import { password, startTestBroker, type TestBroker } from '../../../../fakes/test-broker.ts';

let broker: TestBroker;
let terminal: FakeTerminal;
beforeEach(async () => {
  broker = await startTestBroker();
  terminal = await broker.terminal();
});
afterEach(() => broker.end());

const refused = { status: 400, body: { error: 'invalid_grant' } };
const good = { status: 200 };

function held(): string {
  const token = terminal.refreshToken;
  if (token === null) throw new Error('the terminal has no token');
  return token;
}

async function actions(): Promise<string[]> {
  return (await broker.audit.list({ limit: 100 })).map(({ action }) => action);
}

describe('a refresh token', () => {
  it('gives another each time, and new access', async () => {
    const first = held();
    expect(await terminal.oauth.refresh()).toMatchObject(good);
    expect(held()).not.toBe(first);
    broker.clock.pass(599_000);
    expect(await terminal.call('getTerminal')).toMatchObject(good);
    broker.clock.pass(2_000);
    expect(await terminal.call('getTerminal')).toMatchObject({ status: 401 });
    expect(await terminal.oauth.refresh()).toMatchObject(good);
    expect(await terminal.call('getTerminal')).toMatchObject(good);
  });

  it('may be used again as long as the answer may have been lost', async () => {
    const first = held();
    for (let lost = 0; lost < 3; lost += 1) {
      expect(await terminal.oauth.refresh(first)).toMatchObject(good);
    }
    expect(await terminal.oauth.refresh()).toMatchObject(good);
    expect(await terminal.call('getTerminal')).toMatchObject(good);
    expect(await actions()).not.toContain('token.reused');
  });

  it('leaves only the last few of those before it behind', async () => {
    for (let use = 0; use < 20; use += 1) await terminal.oauth.refresh();
    const rows = await broker.db
      .selectFrom('oidc_artifacts')
      .select('id')
      .where('model', '=', 'RefreshToken')
      .execute();
    expect(rows).toHaveLength(10);
  });

  it('costs the terminal its enrollment when it is used once the next one was', async () => {
    const first = held();
    await terminal.oauth.refresh();
    await terminal.oauth.refresh();
    const last = held();
    expect(await terminal.oauth.refresh(first)).toMatchObject(refused);
    expect(await terminal.oauth.refresh(last)).toMatchObject(refused);
    expect(await terminal.call('getTerminal')).toMatchObject({
      status: 401,
      body: { code: 'terminal-unknown' },
    });
    expect(await actions()).toEqual(expect.arrayContaining(['token.reused', 'terminal.revoked']));
  });

  it('that was given up, because its answer did not arrive, costs it too', async () => {
    const first = held();
    await terminal.oauth.refresh(first);
    const lost = held();
    await terminal.oauth.refresh(first);
    expect(await terminal.oauth.refresh(lost)).toMatchObject(refused);
    expect(await actions()).toContain('token.reused');
  });

  it('is of no use without its key', async () => {
    const thief = await broker.terminal();
    expect(await thief.oauth.refresh(held())).toMatchObject(refused);
    expect(await terminal.oauth.refresh()).toMatchObject(good);
  });

  it('lasts a year from its last use', async () => {
    broker.clock.stopTimers();
    for (let year = 0; year < 3; year += 1) {
      broker.clock.pass(360 * 24 * 60 * 60 * 1000);
      expect(await terminal.oauth.refresh()).toMatchObject(good);
    }
    broker.clock.pass(366 * 24 * 60 * 60 * 1000);
    expect(await terminal.oauth.refresh()).toMatchObject(refused);
  });

  it('is refused once the terminal is revoked', async () => {
    await broker.admin.revokeTerminal(terminal.id);
    expect(await terminal.oauth.refresh()).toMatchObject(refused);
  });

  it("revokes the terminal when it is revoked itself, and ends its user's sessions", async () => {
    const { desktopId } = await broker.userWithDesktop('ada');
    await terminal.signIn('ada', password);
    await terminal.call('createSession', { body: { desktopId } });
    expect(await terminal.oauth.revoke(held())).toMatchObject(good);
    expect(broker.host.latest.state.kind).toBe('stopped');
    expect(await terminal.call('listDesktops')).toMatchObject({
      body: { code: 'terminal-unknown' },
    });
    expect(await actions()).toContain('terminal.revoked');
  });
});

describe('a proof that was seen before', () => {
  const replayed = {
    status: 400,
    body: { error: 'invalid_dpop_proof', error_description: 'proof-invalid' },
  };

  async function twice(fields: Record<string, string>) {
    const dpop = await terminal.proof('POST', '/oauth/token', null);
    const sent = { ...fields };
    const first = await terminal.oauth.form('/oauth/token', sent, { dpop });
    return [first, await terminal.oauth.form('/oauth/token', sent, { dpop })] as const;
  }

  it('says nothing of the token that came with it', async () => {
    const [first, second] = await twice({ grant_type: 'refresh_token', refresh_token: held() });
    expect(first).toMatchObject(good);
    expect(second).toMatchObject(replayed);
    expect(await terminal.oauth.refresh()).toMatchObject(good);
    await broker.close('stop');
    const [event] = await broker.audit.list({ limit: 1 });
    expect(event).toMatchObject({
      action: 'request.refused',
      code: 'proof-invalid',
      actor: { kind: 'terminal', id: terminal.id, name: 'a terminal' },
      target: { id: 'oauth.token' },
    });
  });

  it('is refused with grants of our own as well', async () => {
    const [first, second] = await twice({
      grant_type: grantTypes.resume,
      terminal_token: terminal.terminalToken ?? '',
    });
    expect(first).toMatchObject({ body: { error_description: 'nothing-to-resume' } });
    expect(second).toMatchObject(replayed);
  });

  it('is one of two that come at once', async () => {
    const dpop = await terminal.proof('POST', '/oauth/token', null);
    const fields = { grant_type: 'refresh_token', refresh_token: held() };
    const both = [fields, fields].map((each) =>
      terminal.oauth.form('/oauth/token', each, { dpop }),
    );
    const statuses = (await Promise.all(both)).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([200, 400]);
  });
});

describe('an access token', () => {
  it('can be revoked, and takes nothing with it', async () => {
    const token = terminal.terminalToken ?? '';
    expect(await terminal.oauth.revoke(token)).toMatchObject(good);
    expect(await terminal.call('getTerminal')).toMatchObject({ body: { code: 'not-signed-in' } });
    expect(await terminal.oauth.refresh()).toMatchObject(good);
    expect(await terminal.call('getTerminal')).toMatchObject(good);
    expect(await actions()).not.toContain('terminal.revoked');
  });

  it('of a user signs nobody out', async () => {
    await broker.userWithDesktop('ada');
    await terminal.signIn('ada', password);
    await terminal.oauth.revoke(terminal.accessToken ?? '');
    expect(await terminal.call('getUser')).toMatchObject({ status: 401 });
    expect(await terminal.oauth.refreshUser()).toMatchObject(good);
    expect(await terminal.call('getUser')).toMatchObject(good);
  });
});

describe('what is stored', () => {
  it('has no token in it that anybody could use', async () => {
    await broker.userWithDesktop('ada');
    await terminal.signIn('ada', password);
    const rows = JSON.stringify(await broker.db.selectFrom('oidc_artifacts').selectAll().execute());
    const { refreshToken, terminalToken, userRefreshToken, accessToken } = terminal;
    for (const token of [refreshToken, terminalToken, userRefreshToken, accessToken]) {
      expect(token).toEqual(expect.any(String));
      expect(rows).not.toContain(token);
    }
  });
});
