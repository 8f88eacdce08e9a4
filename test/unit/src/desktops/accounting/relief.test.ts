import { describe, expect, it, onTestFinished } from 'vitest';
import { createRelief, type Squeezable } from '../../../../../src/desktops/accounting/relief.ts';
import {
  defaultReliefPolicy,
  reliefState,
} from '../../../../../src/desktops/accounting/relief-policy.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';
import { silentLog } from '../silent-log.ts';

const MiB = 1024 ** 2;
const reserve = 256 * MiB;

type Made = Squeezable & { asked: (number | null)[]; cpus: number; at: Squeezable['state'] };

function machine(id: string, memoryMb: number, origin: 'boot' | 'clone' = 'boot'): Made {
  const made: Made = {
    spec: {
      ...{ id, memoryMb, image: 'demo', engine: 'para', cpus: 1, hostname: id, cpuWeight: 100 },
      ...{ network: { kind: 'none' }, disk: { kind: 'fresh' }, clone: true, homeMb: 64 },
    },
    at: { kind: 'running' },
    get state() {
      return made.at;
    },
    origin: origin === 'boot' ? { kind: 'boot', reason: '' } : { kind: 'clone', template: 't' },
    asked: [],
    cpus: 0.01,
    usage: () => ({
      ...{ cpuSeconds: 1, cpus: made.cpus, pssBytes: 1, privateBytes: 1, diskBytes: 1 },
      ...{ receivedBytes: 0, sentBytes: 0 },
    }),
    balloon: async (targetMb) => void made.asked.push(targetMb),
  };
  return made;
}

function setUp(machines: Made[]) {
  const clock = new FakeClock();
  const host: { memoryAvailableBytes: number; memoryPressure: number | null } = {
    memoryAvailableBytes: 10 * reserve,
    memoryPressure: null,
  };
  let calls = 0;
  const relief = createRelief({
    ...{ host: () => host, reserveBytes: () => reserve, machines: () => machines, clock },
    ...{ policy: defaultReliefPolicy, log: silentLog, onPressure: () => (calls += 1) },
  });
  onTestFinished(() => relief.dispose());
  const round = (availableMb: number) => {
    host.memoryAvailableBytes = availableMb * MiB;
    clock.pass(defaultReliefPolicy.everyMs);
    return relief.state;
  };
  return { relief, round, host, clock, calls: () => calls };
}

describe('relief', () => {
  it('leaves everybody alone while there is enough', () => {
    const one = machine('a', 800);
    const { round } = setUp([one]);
    expect(round(256)).toBe('calm');
    expect(one.asked).toEqual([]);
  });

  it('takes from idle booted guests in steps, as many as make up for it, and no more than half', () => {
    const [big, small] = [machine('a', 800), machine('b', 400)];
    const { round } = setUp([small, big]);
    expect(round(200)).toBe('squeezing');
    expect([big.asked, small.asked]).toEqual([[700], []]);
    round(100);
    expect([big.asked, small.asked]).toEqual([[700, 600], [350]]);
    for (let n = 0; n < 4; n += 1) round(0);
    expect(big.asked.at(-1)).toBe(400);
    expect(small.asked.at(-1)).toBe(200);
  });

  it('never asks those that work, share their memory, or do not run', () => {
    const [busy, clone, asleep] = [
      machine('a', 800),
      machine('b', 800, 'clone'),
      machine('c', 800),
    ];
    busy.cpus = 0.5;
    asleep.at = { kind: 'suspended' };
    const { round, calls } = setUp([busy, clone, asleep]);
    expect(round(100)).toBe('pressed');
    expect([busy.asked, clone.asked, asleep.asked]).toEqual([[], [], []]);
    expect(calls()).toBe(1);
  });

  it('calls for help again only after a while', () => {
    const { round, calls } = setUp([]);
    for (let n = 0; n < 5; n += 1) round(100);
    expect(calls()).toBe(1);
    round(100);
    expect(calls()).toBe(2);
  });

  it('takes waiting for memory as a shortage, whatever looks available', () => {
    const { round, host } = setUp([]);
    host.memoryPressure = 0.3;
    expect(round(10_000)).toBe('pressed');
  });

  it('gives back one at a time, and only where there is room for good', () => {
    const [one, two] = [machine('a', 800), machine('b', 800)];
    const { round } = setUp([one, two]);
    round(0);
    expect([one.asked, two.asked]).toEqual([[700], [700]]);
    expect(round(300)).toBe('holding');
    expect(round(511)).toBe('holding');
    expect([one.asked, two.asked]).toEqual([[700], [700]]);
    expect(round(512)).toBe('restoring');
    expect([one.asked, two.asked]).toEqual([[700, null], [700]]);
    expect(round(512)).toBe('restoring');
    expect(two.asked).toEqual([700, null]);
    expect(round(512)).toBe('calm');
  });

  it('gives back to one that works as soon as it fits', () => {
    const [one, two] = [machine('a', 800), machine('b', 800)];
    const { round } = setUp([one, two]);
    round(0);
    two.cpus = 0.9;
    expect(round(355)).toBe('holding');
    expect(two.asked).toEqual([700]);
    expect(round(356)).toBe('holding');
    expect([one.asked, two.asked]).toEqual([[700], [700, null]]);
  });

  it('remembers one that sleeps, and forgets one that is gone', () => {
    const machines = [machine('a', 800)];
    const [one] = machines;
    const { round } = setUp(machines);
    round(200);
    if (one !== undefined) one.at = { kind: 'suspended' };
    expect(round(5000)).toBe('restoring');
    machines.pop();
    expect(round(5000)).toBe('calm');
  });

  it('stops when it is disposed of', () => {
    const { relief, clock } = setUp([]);
    relief.dispose();
    expect(clock.pending).toBe(0);
  });
});

describe('the state of relief', () => {
  it.each([
    [{ short: true, roomy: false, canSqueeze: true, squeezed: false }, 'squeezing'],
    [{ short: true, roomy: false, canSqueeze: false, squeezed: true }, 'pressed'],
    // By waiting for memory alone.
    [{ short: true, roomy: true, canSqueeze: false, squeezed: false }, 'pressed'],
    [{ short: false, roomy: false, canSqueeze: true, squeezed: true }, 'holding'],
    [{ short: false, roomy: true, canSqueeze: true, squeezed: true }, 'restoring'],
    [{ short: false, roomy: false, canSqueeze: true, squeezed: false }, 'calm'],
  ] as const)('of %j is %s', (facts, state) => {
    expect(reliefState(facts)).toBe(state);
  });
});
