import { expect, it } from 'vitest';
import { createOrigins } from '../../../../src/broker/origins.ts';
import { FakeClock } from '../../../fakes/fake-clock.ts';

it('knows within seconds where else the broker is reached, without asking for each request', () => {
  const clock = new FakeClock();
  let asked = 0;
  let addresses = ['https://10.0.0.7'];
  const origins = createOrigins(clock, () => {
    asked += 1;
    return new Set(addresses);
  });
  addresses = ['https://10.0.0.8'];
  for (let count = 0; count < 10; count += 1) expect(origins().has('https://10.0.0.7')).toBe(true);
  clock.pass(5_000);
  expect([...origins()]).toEqual(addresses);
  expect(asked).toBe(2);
});
