import { expect, it } from 'vitest';
import { createRounds } from '../../../../src/broker/rounds.ts';

/** Rounds of two parts, the first of which waits for the test to let it go on. */
function start() {
  const done: string[] = [];
  const faults: unknown[] = [];
  const waiting: (() => void)[] = [];
  const slow = () =>
    new Promise<void>((resolve) => {
      done.push('slow');
      waiting.push(resolve);
    });
  const quick = async () => void done.push('quick');
  const rounds = createRounds([slow, quick], (error) => void faults.push(error));
  return { done, faults, rounds, goOn: () => waiting.shift()?.() };
}

const turn = () => new Promise(setImmediate);

it('goes on with the other parts when one fails, and says so', async () => {
  const done: number[] = [];
  const faults: unknown[] = [];
  const fail = async () => {
    throw new Error('broken');
  };
  const last = async () => void done.push(1);
  const rounds = createRounds([fail, last], (error) => void faults.push(error));
  rounds.begin();
  await rounds.close();
  expect(done).toEqual([1]);
  expect(faults).toEqual([new Error('broken')]);
});

it('begins no round while one is under way, and one as soon as that is done', async () => {
  const { done, rounds, goOn } = start();
  rounds.begin();
  rounds.begin();
  rounds.begin();
  await turn();
  expect(done).toEqual(['slow']);
  goOn();
  await turn();
  expect(done).toEqual(['slow', 'quick', 'slow']);
  goOn();
  await turn();
  expect(done).toEqual(['slow', 'quick', 'slow', 'quick']);
  rounds.begin();
  expect(done).toHaveLength(5);
});

it('is closed when the round under way is done, and begins none after it', async () => {
  const { done, rounds, goOn } = start();
  rounds.begin();
  rounds.begin();
  let closed = false;
  const closing = rounds.close().then(() => {
    closed = true;
  });
  await turn();
  expect(closed).toBe(false);
  goOn();
  await closing;
  rounds.begin();
  expect(done).toEqual(['slow', 'quick']);
});
