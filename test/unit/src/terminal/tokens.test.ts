import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CodedError } from '../../../../src/contract/errors.ts';
import { grantTypes } from '../../../../src/contract/identity.ts';
import { TokenSource, type Tokens } from '../../../../src/terminal/token-source.ts';
import { FakeClock } from '../../../fakes/fake-clock.ts';
import { until } from '../../../fakes/until.ts';
import { Stage } from './stage.ts';

describe('a source of tokens', () => {
  const clock = new FakeClock();
  const source = (deps: {
    refresh: (token: string) => Promise<Tokens>;
    keep?: (token: string) => Promise<void>;
  }) =>
    new TokenSource(
      { accessToken: 'a1', refreshToken: 'r1', expiresIn: 600 },
      { clock, keep: async () => undefined, ...deps },
    );
  const next = { accessToken: 'a2', refreshToken: 'r2', expiresIn: 600 };

  it('renews shortly before the end, once for all who ask', async () => {
    const sent: string[] = [];
    const tokens = source({
      refresh: async (token) => {
        sent.push(token);
        return next;
      },
    });
    clock.pass(569_000);
    expect(await tokens.accessToken()).toBe('a1');
    clock.pass(1_000);
    expect(await Promise.all([tokens.accessToken(), tokens.anotherThan('a1')])).toEqual([
      'a2',
      'a2',
    ]);
    expect(sent).toEqual(['r1']);
  });

  it('does not renew for who comes late with a token of before', async () => {
    const tokens = source({ refresh: async () => next });
    expect(await tokens.anotherThan('a1')).toBe('a2');
    expect(await tokens.anotherThan('a1')).toBe('a2');
  });

  it('gives no token whose successor is not kept', async () => {
    const kept: string[] = [];
    const sent: string[] = [];
    let fault: Error | null = new CodedError('vault-unavailable');
    const tokens = source({
      refresh: async (token) => {
        sent.push(token);
        return next;
      },
      keep: async (token) => {
        if (fault) throw fault;
        kept.push(token);
      },
    });
    await expect(tokens.anotherThan('a1')).rejects.toMatchObject({ code: 'vault-unavailable' });
    fault = null;
    expect(await tokens.accessToken()).toBe('a2');
    expect(sent).toEqual(['r1', 'r1']);
    expect(kept).toEqual(['r2']);
    expect(await tokens.revocable()).toBe('r2');
  });
});

describe('the tokens of the terminal', () => {
  let stage: Stage;

  beforeEach(() => {
    stage = new Stage();
  });

  afterEach(() => stage.terminal.dispose());

  it('are in the vault before they are used', async () => {
    await stage.enrolled();
    const { broker, vault } = stage;
    const seen: unknown[] = [];
    broker.answer('reportTerminal', (request) => {
      seen.push([request.headers.get('Authorization'), vault.identity?.refreshToken]);
      return new Response(null, { status: 204 });
    });
    const before = vault.identity?.refreshToken;
    stage.terminal.dispose();
    stage.restart().start();
    await stage.reach('signed-out');
    expect(seen).toEqual([[`DPoP ${broker.taken.terminal}`, vault.identity?.refreshToken]]);
    expect(vault.identity?.refreshToken).not.toBe(before);
  });

  it('are told of when the vault cannot be written', async () => {
    await stage.enrolled();
    await until('the next look is due', () => stage.clock.pending === 1);
    stage.vault.fault = new CodedError('vault-unavailable');
    stage.broker.taken.terminal = '';
    stage.clock.pass(30_000);
    const { problem } = await stage.reach('signed-out', (state) => state.problem !== null);
    expect(problem?.code).toBe('vault-unavailable');
  });

  it('are the end of the enrollment when the broker takes them no longer', async () => {
    await stage.signedIn();
    stage.broker.taken.terminal = '';
    stage.broker.taken.user = '';
    stage.broker.refuseGrant('refresh_token', 'invalid_grant');
    stage.clock.pass(5_000);
    const { problem } = await stage.reach('unenrolled');
    expect(problem?.code).toBe('terminal-unknown');
    await until('the vault is empty', () => stage.vault.identity === null);
  });

  it('are given anew by the key alone where the broker has forgotten them', async () => {
    await stage.signedIn();
    const { broker, vault } = stage;
    broker.taken.terminal = '';
    broker.taken.user = '';
    broker.refuseGrant('refresh_token', 'invalid_grant');
    broker.grant(grantTypes.recover, () => broker.tokens('terminal'));
    stage.clock.pass(5_000);
    const before = vault.identity?.refreshToken;
    await stage.reach('signed-out');
    await until('the new token is kept', () => vault.identity?.refreshToken !== before);
    expect(await broker.grantsOf(grantTypes.recover)).toHaveLength(1);
    expect(stage.terminal.state.kind).toBe('signed-out');
  });

  it('are not the end of it when the broker does not say outright what became of it', async () => {
    await stage.signedIn();
    const { broker, vault } = stage;
    broker.taken.terminal = '';
    broker.taken.user = '';
    broker.refuseGrant('refresh_token', 'invalid_grant');
    broker.refuseGrant(grantTypes.recover, 'invalid_grant');
    stage.clock.pass(5_000);
    await stage.reach('signed-out');
    await until('the terminal asked', async () => {
      return (await broker.grantsOf(grantTypes.recover)).length > 0;
    });
    await until('the next look is due', () => stage.clock.pending === 1);
    expect(stage.terminal.state.kind).toBe('signed-out');
    expect(vault.identity).not.toBeNull();
  });

  it('are not the end of it when only the user was signed out', async () => {
    await stage.signedIn();
    stage.broker.taken.user = '';
    stage.broker.refuseGrant('refresh_token', 'invalid_grant');
    stage.clock.pass(5_000);
    const { problem } = await stage.reach('signed-out');
    expect(problem?.code).toBe('not-signed-in');
    await until('the terminal asked', () => stage.clock.pending === 1);
    expect(stage.terminal.state.kind).toBe('signed-out');
    expect(stage.vault.identity).not.toBeNull();
  });
});

it('a token that has expired is renewed without anybody noticing', async () => {
  const stage = new Stage();
  await stage.signedIn();
  stage.broker.taken.user = '';
  stage.clock.pass(5_000);
  await until('the list came', () => stage.broker.sentTo('/v1/desktops').length === 3);
  expect(stage.terminal.state).toMatchObject({ kind: 'signed-in', problem: null });
  stage.terminal.dispose();
});
