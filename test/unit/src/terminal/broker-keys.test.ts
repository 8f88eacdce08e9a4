import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CodedError } from '../../../../src/contract/errors.ts';
import { until } from '../../../fakes/until.ts';
import { Stage } from './stage.ts';

let stage: Stage;

beforeEach(() => {
  stage = new Stage();
});

afterEach(() => stage.terminal.dispose());

const digest = (name: string) => name.padEnd(43, '-');

describe('a key that the broker announced', () => {
  it('is taken up when the broker shows it, and the call goes on', async () => {
    await stage.signedIn();
    const { broker, clock, vault } = stage;
    broker.keys.announce('ca', 'new');
    broker.keys.show('new');
    const before = broker.sentTo('/v1/desktops').length;
    clock.pass(5_000);
    await until('the list came', () => broker.sentTo('/v1/desktops').length > before);
    expect(stage.terminal.state.kind).toBe('signed-in');
    expect(vault.identity?.trust).toMatchObject({
      anchors: [digest('ca'), digest('new')],
      sequence: 1,
    });
  });

  it('is known in advance from the next start on', async () => {
    await stage.enrolled();
    stage.broker.keys.announce('ca', 'new');
    stage.terminal.dispose();
    stage.restart().start();
    await stage.reach('signed-out');
    expect(stage.vault.identity?.trust.sequence).toBe(1);
  });

  it('is known in advance a day later, without a start', async () => {
    await stage.enrolled();
    const { broker, clock, vault } = stage;
    broker.keys.announce('ca', 'new');
    await until('the next look is due', () => clock.pending === 1);
    clock.pass(30_000);
    await until('the next look is due', () => clock.pending === 1);
    expect(vault.identity?.trust.sequence).toBe(0);
    clock.pass(24 * 60 * 60 * 1000);
    await until('it was read', () => vault.identity?.trust.sequence === 1);
  });

  it('says so when the vault cannot be written', async () => {
    await stage.signedIn();
    stage.broker.keys.announce('ca', 'new');
    stage.broker.keys.show('new');
    stage.vault.fault = new CodedError('vault-unavailable');
    stage.clock.pass(5_000);
    const { problem } = await stage.reach('signed-in', (state) => state.problem !== null);
    expect(problem?.code).toBe('vault-unavailable');
  });
});

describe('another key', () => {
  it('hides the desktop and is told nothing', async () => {
    await stage.streaming();
    const { broker, clock, terminal } = stage;
    const sent = broker.requests.length;
    broker.keys.show('impostor');
    const { grant } = await stage.reach('streaming');
    await terminal.reportStream({ kind: 'closed', grant: grant.number, code: 1006 });
    clock.pass(250);
    const { problem } = await stage.reach('blocked');
    expect(problem.code).toBe('broker-key-changed');
    expect(broker.requests).toHaveLength(sent);
    expect(stage.vault.identity).not.toBeNull();
  });

  it('is found at the start, and the way back is to try again', async () => {
    await stage.enrolled();
    stage.terminal.dispose();
    stage.broker.keys.show('impostor');
    stage.restart().start();
    await stage.reach('blocked');
    stage.broker.keys.show('ca');
    await stage.terminal.retryNow();
    await stage.reach('signed-out');
  });

  it('can be met anew once the enrollment is forgotten', async () => {
    await stage.enrolled();
    stage.terminal.dispose();
    stage.broker.keys.show('impostor');
    stage.restart().start();
    await stage.reach('blocked');
    await expect(stage.terminal.useMemoryVault()).rejects.toMatchObject({
      code: 'not-possible-now',
    });
    await stage.terminal.forgetEnrollment();
    await stage.reach('unenrolled');
    await until('the vault is empty', () => stage.vault.identity === null);
  });

  it('is refused at first contact, when it is not the one that the broker names', async () => {
    stage.broker.keys.show('impostor');
    stage.terminal.start();
    await stage.reach('unenrolled');
    await stage.terminal.enroll({ broker: 'https://broker.example' });
    await until(
      'the refusal is told',
      () => stage.terminal.state.kind === 'unenrolled' && stage.terminal.state.problem !== null,
    );
    expect(stage.terminal.state).toMatchObject({ problem: { code: 'broker-answer-invalid' } });
    expect(stage.broker.requests).toEqual([]);
  });
});
