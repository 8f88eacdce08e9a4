import { setTimeout as pause } from 'node:timers/promises';

const everyMs = 5;

/** Waits for a condition that nothing announces. @throws after the limit, with what it was for. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 10_000,
): Promise<void> {
  // Not Date: some tests stop it.
  const end = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited ${limitMs} ms in vain until ${what}`);
    await pause(everyMs);
  }
}

/** Waits until a number stays what it is over 40 looks in a row, and gives it. */
export async function settled(what: string, value: () => number): Promise<number> {
  let last = value();
  let looks = 0;
  await until(`${what} settles`, () => {
    looks = value() === last ? looks + 1 : 0;
    last = value();
    return looks >= 40;
  });
  return last;
}
