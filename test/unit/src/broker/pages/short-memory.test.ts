import { expect, it } from 'vitest';
import { createShortMemory } from '../../../../../src/broker/pages/short-memory.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';

it('gives back what was kept, until its time is over', () => {
  const clock = new FakeClock();
  const memory = createShortMemory<number>(clock, 1_000);
  memory.set('a', 1);
  clock.pass(999);
  expect(memory.get('a')).toBe(1);
  clock.pass(1);
  expect(memory.get('a')).toBeNull();
});

it('gives what is taken once', () => {
  const memory = createShortMemory<number>(new FakeClock(), 1_000);
  memory.set('a', 1);
  expect([memory.take('a'), memory.take('a')]).toEqual([1, null]);
});

it('makes room for the newest by letting the oldest go', () => {
  const memory = createShortMemory<number>(new FakeClock(), 1_000);
  for (let each = 0; each <= 10_000; each += 1) memory.set(`${each}`, each);
  expect(memory.get('0')).toBeNull();
  expect(memory.get('1')).toBe(1);
  expect(memory.get('10000')).toBe(10_000);
});
