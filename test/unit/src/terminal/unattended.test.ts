import { afterEach, expect, it } from 'vitest';
import { CodedError } from '../../../../src/contract/errors.ts';
import { grantTypes } from '../../../../src/contract/identity.ts';
import { until } from '../../../fakes/until.ts';
import { offer } from './fixtures.ts';
import { FakeVault, Stage } from './stage.ts';

let stage: Stage;

afterEach(() => stage.terminal.dispose());

const tokens = () => stage.broker.grantsOf(grantTypes.enrollmentToken);

it('enrolls without a person', async () => {
  stage = new Stage({ unattended: {} });
  stage.terminal.start();
  await stage.reach('signed-out');
  expect(stage.history.map(({ kind }) => kind)).not.toContain('unenrolled');
  expect(stage.vault.identity?.refreshToken).toMatch(/^terminal-refresh/);
  const [sent] = await tokens();
  expect(sent?.get('enrollment_token')).toBe('enrollment-token');
  expect(sent?.get('device_name')).toBe('Reception');
  expect(JSON.stringify(stage.history)).not.toContain('enrollment-token');
});

it('shows the token to no broker but the one that was meant', async () => {
  stage = new Stage({ unattended: { ca: 'another'.padEnd(43, '-') } });
  stage.terminal.start();
  const { problem } = await stage.reach('blocked');
  expect(problem.code).toBe('broker-key-changed');
  expect(stage.broker.requests).toEqual([]);
});

it('waits for a broker that is away, and comes back with the same key', async () => {
  stage = new Stage({ unattended: {} });
  const { broker, clock, terminal } = stage;
  broker.grant(grantTypes.enrollmentToken, () => Promise.reject(new TypeError('cut off')));
  terminal.start();
  const { retry } = await stage.reach('enrolling', (state) => state.retry !== null);
  expect(retry).toMatchObject({ attempt: 1, problem: { code: 'broker-unreachable' } });
  broker.grant(grantTypes.enrollmentToken, () => broker.tokens('terminal'));
  clock.pass(250);
  await stage.reach('signed-out');
  const keys = broker
    .sentTo('/oauth/token')
    .map((sent) => atob((sent.headers.get('DPoP') ?? '').split('.')[0] ?? ''));
  expect(keys.length).toBeGreaterThan(1);
  expect(new Set(keys).size).toBe(1);
});

it('leaves it to a person when the token has expired', async () => {
  const code = 'enrollment-token-expired';
  stage = new Stage({ unattended: {} });
  stage.broker.refuseGrant(grantTypes.enrollmentToken, 'invalid_grant', code);
  stage.terminal.start();
  const { problem } = await stage.reach('unenrolled');
  expect(problem?.code).toBe(code);
  expect(stage.clock.pending).toBe(0);
});

it.each(['enrollment-token-used-up', 'enrollment-token-wrong'] as const)(
  'says %s, and tries again after a minute',
  async (code) => {
    stage = new Stage({ unattended: {} });
    const { broker, clock, terminal } = stage;
    broker.refuseGrant(grantTypes.enrollmentToken, 'invalid_grant', code);
    terminal.start();
    const { retry } = await stage.reach('enrolling', (state) => state.retry !== null);
    expect(retry?.problem.code).toBe(code);
    broker.grant(grantTypes.enrollmentToken, () => broker.tokens('terminal'));
    clock.pass(59_000);
    expect(terminal.state.kind).toBe('enrolling');
    clock.pass(2_000);
    await stage.reach('signed-out');
  },
);

it('leaves one broker for another where it is started with an enrollment there', async () => {
  stage = new Stage();
  await stage.enrolled();
  const { privateKey } = stage.vault.identity ?? {};
  stage.terminal.dispose();
  stage.restart({ unattended: { replaces: true } }).start();
  await stage.reach('signed-out');
  expect(stage.vault.identity?.privateKey).toEqual(privateKey);

  stage.terminal.dispose();
  if (stage.vault.identity !== null) stage.vault.identity.broker = 'https://moved.example';
  stage.restart({ unattended: { replaces: false } }).start();
  await stage.reach('booting', ({ broker }) => broker === 'https://moved.example');
  stage.terminal.dispose();
  stage.restart({ unattended: { replaces: true } }).start();
  await stage.reach('signed-out', ({ broker }) => broker === offer.broker);
  expect(stage.vault.identity?.privateKey).not.toEqual(privateKey);
});

it('does not enroll again once the broker has put it out', async () => {
  stage = new Stage({ unattended: {} });
  stage.terminal.start();
  await stage.reach('signed-out');
  await until('the next look is due', () => stage.clock.pending === 1);
  stage.broker.refuse('getTerminal', 'terminal-unknown');
  stage.broker.refuseGrant('refresh_token', 'invalid_grant');
  stage.clock.pass(30_000);
  await stage.reach('unenrolled');
  await until('the vault is empty', () => stage.vault.identity === null);
  expect(await tokens()).toHaveLength(1);
});

it('does so in memory, too, when the person agrees', async () => {
  const fallbackVault = Object.assign(new FakeVault(), { kind: 'memory' as const });
  stage = new Stage({ unattended: {}, fallbackVault });
  stage.vault.fault = new CodedError('vault-unavailable');
  stage.terminal.start();
  await stage.reach('blocked');
  await stage.terminal.useMemoryVault();
  await stage.reach('signed-out');
  expect(fallbackVault.identity).not.toBeNull();
  expect((await tokens()).map((sent) => sent.get('device_vault'))).toEqual(['memory']);
});
