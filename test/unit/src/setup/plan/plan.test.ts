import { describe, expect, it } from 'vitest';
import { type Load, virtualMachineGb } from '../../../../../src/setup/plan/loads.ts';
import { lowerBound, needOf, pack, sumOf } from '../../../../../src/setup/plan/pack.ts';
import { largestOf, makePlan, utilization } from '../../../../../src/setup/plan/plan.ts';
import { planJson } from '../../../../../src/setup/plan/plan-json.ts';
import { planPicture } from '../../../../../src/setup/plan/plan-picture.ts';
import { planText } from '../../../../../src/setup/plan/plan-text.ts';

const size = { cpus: 10, memoryGb: 100 };

/** A machine like a host, with shares of it used. */
function load(name: string, cpu: number, memory = 0, cpuPeak = cpu): Load {
  const part = (share: number) => ({ cpus: size.cpus * share, memoryGb: size.memoryGb * memory });
  return { name, size, overheadGb: 0, average: part(cpu), peak: part(cpuPeak) };
}
const names = (hosts: Load[][]) => hosts.map((guests) => guests.map(({ name }) => name));

describe('the distribution', () => {
  it('puts the largest first, and fills gaps with small ones', () => {
    const loads = [load('a', 0.2), load('b', 0.6), load('c', 0.3), load('d', 0.7)];
    expect(names(pack(loads, { size, target: 0.9 }))).toEqual([
      ['d', 'a'],
      ['b', 'c'],
    ]);
  });

  it('takes whichever of the two is short', () => {
    const loads = [load('a', 0.1, 0.5), load('b', 0.1, 0.5), load('c', 0.1, 0.3)];
    expect(names(pack(loads, { size, target: 0.9 }))).toEqual([['a', 'c'], ['b']]);
  });

  it('leaves room for peaks that do not fall together', () => {
    const calm = [load('a', 0.4), load('b', 0.4)];
    expect(pack(calm, { size, target: 0.9 })).toHaveLength(1);
    // Rises of 0.15 each are 0.21 together, above the 0.2 that are left.
    const peaks = [load('a', 0.4, 0, 0.55), load('b', 0.4, 0, 0.55)];
    expect(pack(peaks, { size, target: 0.9 })).toHaveLength(2);
    const smaller = [load('a', 0.4, 0, 0.54), load('b', 0.4, 0, 0.54)];
    expect(pack(smaller, { size, target: 0.9 })).toHaveLength(1);
  });

  it('counts what a virtual machine takes for itself', () => {
    const virtual: Load = { ...load('a', 0.1, 0.1), overheadGb: virtualMachineGb };
    expect(needOf(virtual).memoryGb).toBe(10 + virtualMachineGb);
    expect(needOf(load('a', 0.1, 0.1)).memoryGb).toBe(10);
  });

  it('says which load is too large for any host', () => {
    expect(() => pack([load('a', 0.95)], { size, target: 0.9 })).toThrow(
      '"a" alone is too much for 90 % of a host with 10 processors and 100 GB',
    );
  });

  it('overfills no host and loses no load, and the bound holds', () => {
    // Shares that look like chance and are the same each time.
    const loads = Array.from({ length: 80 }, (_, n) =>
      load(`${n}`, ((n * 37) % 41) / 60, ((n * 23) % 43) / 60),
    );
    const hosts = pack(loads, { size, target: 0.8 });
    for (const guests of hosts) {
      const sum = sumOf(guests, needOf);
      expect(sum.cpus).toBeLessThanOrEqual(8 + 1e-6);
      expect(sum.memoryGb).toBeLessThanOrEqual(80 + 1e-6);
    }
    expect(names(hosts).flat().toSorted()).toEqual(loads.map(({ name }) => name).toSorted());
    const bound = lowerBound(loads, { size, target: 0.8 });
    expect(hosts.length).toBeGreaterThanOrEqual(bound);
    expect(hosts.length).toBeLessThanOrEqual(Math.ceil(bound * 1.3));
  });
});

describe('a plan', () => {
  const loads = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => load(name, 0.3, 0.1));
  const plan = makePlan(loads, { host: size, target: 0.9, spare: 1 });

  it('goes from today over a careful step to what was asked for', () => {
    expect(utilization(plan.today)).toBeCloseTo(0.3);
    expect(plan.steps.map(({ hosts }) => hosts.length)).toEqual([3, 2]);
    expect(plan.steps.map((step) => Math.round(utilization(step) * 100))).toEqual([60, 90]);
  });

  it('leaves the careful step out where it is none', () => {
    expect(makePlan(loads, { host: size, target: 0.6, spare: 0 }).steps).toHaveLength(1);
    const large = [load('a', 0.8), load('b', 0.1)];
    expect(makePlan(large, { host: size, target: 0.9, spare: 0 }).steps).toHaveLength(1);
  });

  it('takes hosts like the largest machine by default', () => {
    const small: Load = { ...load('b', 0), size: { cpus: 32, memoryGb: 8 } };
    expect(largestOf([...loads, small])).toEqual({ cpus: 32, memoryGb: 100 });
  });

  it('is told in plain words', () => {
    const text = planText(plan);
    expect(text).toMatch(/^Today +6 machines +■{6}□{14} +30 % used/);
    expect(text).toContain(
      '2 machines with 10 processors and 100 GB carry all of it, and 1 more stands by for one that fails.',
    );
    expect(text).toContain('You need 3 in place of 6: 50 % of the machines are free');
    expect(text).toContain('It cannot be done with fewer at this target.');
    expect(text).toMatch(/^1 +■{9}□ +90 % +■{3}□{7} +30 % +a, b, c$/m);
  });

  it('says what virtual machines take for themselves only where that was added', () => {
    const sentence = 'Each virtual machine takes\n128 MB for itself.';
    expect(planText(plan)).not.toContain('virtual machine');
    const virtual = loads.map((one) => ({ ...one, overheadGb: virtualMachineGb }));
    const wish = { host: size, target: 0.9, spare: 1 };
    expect(planText(makePlan(virtual, wish))).toContain(sentence);
  });

  it('does not praise itself where nothing is saved', () => {
    const full = [load('a', 0.8), load('b', 0.8)];
    const none = planText(makePlan(full, { host: size, target: 0.9, spare: 0 }));
    expect(none).toContain('You need 2 in place of 2: nothing is saved.');
    expect(none).not.toContain('stand');
  });

  it('is told to programs', () => {
    const { today, steps } = JSON.parse(planJson(plan));
    expect(today).toMatchObject({ machines: 6, utilization: expect.closeTo(0.3) });
    expect(steps[1]).toMatchObject({ target: 0.9, hosts: 2, spare: 1, lowerBound: 2 });
    expect(steps[1].placement[0].guests).toEqual(['a', 'b', 'c']);
  });

  it('is drawn with a title, a description of all of it, and names as they are', () => {
    const odd = [...loads.slice(1), load('<b> & "q"', 0.3, 0.1)];
    const svg = planPicture(makePlan(odd, { host: size, target: 0.9, spare: 1 }));
    expect(svg).toContain('<title id="title">6 machines today, 3 with Porthole</title>');
    expect(svg).toContain('Host 1, processors 90 %, memory 30 %: b, c, d.');
    expect(svg).toContain('&lt;b&gt; &amp; &quot;q&quot;');
    expect(svg).not.toContain('<b>');
    expect(svg).toContain('Stands by, for a host that fails');
    // Each element that is opened is closed again.
    const opened = svg.match(/<(svg|title|desc|text|g)\b/g)?.length;
    expect(svg.match(/<\/(svg|title|desc|text|g)>/g)).toHaveLength(opened ?? 0);
  });

  it('is drawn with many machines without their names, which would not fit', () => {
    const many = Array.from({ length: 60 }, (_, n) => load(`machine-${n}`, 0.04, 0.01));
    const svg = planPicture(makePlan(many, { host: size, target: 0.9, spare: 0 }));
    expect(svg).toContain('>and 4 more</text>');
    expect(svg).toContain('<title>machine-59: 4 % used</title>');
  });
});
