import { expect, it } from 'vitest';
import { createReadBuffers } from '../../../../../src/broker/gateway/read-buffers.ts';

it('hands no buffer to two at a time, and uses what it gets back', () => {
  const buffers = createReadBuffers();
  const [first, second] = [buffers.take(), buffers.take()];
  expect(first).not.toBe(second);
  buffers.giveBack(first);
  expect(buffers.take()).toBe(first);
});

it('does not keep all that a burst needed', () => {
  const buffers = createReadBuffers();
  const burst = Array.from({ length: 100 }, () => buffers.take());
  for (const buffer of burst) buffers.giveBack(buffer);
  const again = Array.from({ length: 100 }, () => buffers.take());
  expect(again.filter((buffer) => burst.includes(buffer)).length).toBeLessThan(20);
});
