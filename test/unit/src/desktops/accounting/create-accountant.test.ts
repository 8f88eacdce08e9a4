import { describe, expect, it, onTestFinished } from 'vitest';
import { hostUsageSchema } from '../../../../../src/contract/host.ts';
import { defaultAdmissionPolicy } from '../../../../../src/desktops/accounting/admission-policy.ts';
import { createAccountant } from '../../../../../src/desktops/accounting/create-accountant.ts';
import type {
  Figures,
  GuestQuestion,
  HostReading,
} from '../../../../../src/desktops/accounting/figures.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';
import { until } from '../../../../fakes/until.ts';
import { silentLog } from '../silent-log.ts';

const GiB = 1024 ** 3;
const limits = { cpu: 'none', memory: 'none', processes: 'none' };
const account = (pid = 7) => ({ id: 'a', process: { pid, startTime: pid }, files: [] });

/** A host whose processors are half busy, and whose guests use one processor each. */
class FakeFigures implements Figures {
  readonly asked: GuestQuestion[][] = [];
  fails = false;
  readonly #clock: FakeClock;
  readonly #start: number;

  constructor(clock: FakeClock) {
    this.#clock = clock;
    this.#start = clock.now();
  }

  async host(): Promise<HostReading> {
    if (this.fails) throw new Error('no /proc');
    const ticks = (this.#clock.now() - this.#start) / 10;
    return {
      cpuCount: 2,
      processorTime: { busy: 900 + ticks, total: 1000 + 2 * ticks },
      memoryBytes: 8 * GiB,
      memoryAvailableBytes: 6 * GiB,
      swapUsedBytes: 0,
      ksmSavedBytes: null,
      memoryPressure: 0,
      diskBytes: 100 * GiB,
      diskAvailableBytes: 50 * GiB,
    };
  }

  async guests(questions: readonly GuestQuestion[]) {
    this.asked.push([...questions]);
    const cpuSeconds = (this.#clock.now() - this.#start) / 1000;
    const traffic = { receivedBytes: 1, sentBytes: 2 };
    const held = { pssBytes: 30, privateBytes: 20, diskBytes: 10 };
    return new Map(
      questions
        .filter(({ account: { process } }) => process.pid !== 0)
        .map(({ account: { id }, thorough }) => [
          id,
          { cpuSeconds, traffic, held: thorough ? held : null },
        ]),
    );
  }
}

async function setUp() {
  const clock = new FakeClock();
  const figures = new FakeFigures(clock);
  const accountant = await createAccountant({
    ...{ figures, policy: defaultAdmissionPolicy, accelerator: 'tcg', limits },
    ...{ clock, log: silentLog },
  });
  onTestFinished(() => accountant.dispose());
  const round = async () => {
    clock.pass(2000);
    await until('the look is over', () => clock.pending === 1);
  };
  return { clock, figures, accountant, round };
}

describe('the accountant', () => {
  it('has figures of the host from the start, and of the last interval later', async () => {
    const { accountant, round } = await setUp();
    expect(hostUsageSchema.parse(accountant.host())).toMatchObject({
      cpuUtilization: 0.9,
      memoryUtilization: 0.25,
      utilization: 0.9,
      machines: 0,
      limits,
    });
    await round();
    expect(accountant.host()).toMatchObject({ cpuUtilization: 0.5, utilization: 0.5 });
  });

  it('counts what runs already, even where there is no room for more', async () => {
    const { accountant } = await setUp();
    const charge = { engine: 'para', memoryMb: 8 * 1024, cpus: 1, isClone: false } as const;
    expect(() => accountant.admit({ id: 'a', ...charge })).toThrow(
      expect.objectContaining({ code: 'host-full' }),
    );
    expect(accountant.host().committedBytes).toBe(0);
    accountant.admit({ id: 'a', ...charge }, { isRunning: true });
    expect(accountant.host().committedBytes).toBeGreaterThanOrEqual(8 * GiB);
    accountant.release('a');
    expect(accountant.host().committedBytes).toBe(0);
  });

  it('measures what it watches, and memory at the first look and at each fifth', async () => {
    const { accountant, figures, round } = await setUp();
    accountant.watch(account());
    expect(accountant.usageOf('a')).toBeNull();
    for (let n = 0; n < 5; n += 1) await round();
    expect(accountant.usageOf('a')).toEqual({
      ...{ cpuSeconds: 10, cpus: 1, pssBytes: 30, privateBytes: 20, diskBytes: 10 },
      ...{ receivedBytes: 1, sentBytes: 2 },
    });
    const thorough = figures.asked.map((questions) => questions.map((one) => one.thorough));
    expect(thorough).toEqual([[true], [false], [false], [false], [true]]);
    expect(accountant.host().machines).toBe(1);
    accountant.unwatch('a');
    expect(accountant.usageOf('a')).toBeNull();
  });

  it('measures all at once when asked, and knows that one that is gone has nothing any more', async () => {
    const { accountant, figures, round } = await setUp();
    accountant.watch(account());
    await accountant.look();
    expect(figures.asked).toEqual([[{ account: account(), thorough: true }]]);
    accountant.watch(account(0));
    await accountant.look();
    expect(accountant.usageOf('a')).toMatchObject({ cpus: 0, pssBytes: 0, diskBytes: 10 });
    accountant.watch(account(8));
    await round();
    expect(accountant.usageOf('a')).toMatchObject({ pssBytes: 30 });
  });

  it('admits by its last look, and gives room back', async () => {
    const { accountant } = await setUp();
    const charge = { id: 'a', engine: 'para', memoryMb: 5000, cpus: 1, isClone: false } as const;
    accountant.admit(charge);
    expect(accountant.host().committedBytes).toBe(5128 * 1024 ** 2);
    expect(() => accountant.admit({ ...charge, id: 'b' })).toThrow(/another desktop needs/);
    accountant.release('a');
    accountant.admit({ ...charge, id: 'b' });
  });

  it('goes on when a look fails, and tells whoever asked for it', async () => {
    const { accountant, figures, round } = await setUp();
    figures.fails = true;
    await expect(accountant.look()).rejects.toThrow('no /proc');
    await round();
    figures.fails = false;
    await round();
    expect(accountant.host().cpuUtilization).toBe(0.5);
  });

  it('measures no more when it is disposed of', async () => {
    const { accountant, clock } = await setUp();
    await accountant.dispose();
    expect(clock.pending).toBe(0);
  });
});
