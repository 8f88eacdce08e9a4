import { expect, it } from 'vitest';
import { createLog } from '../../../../../src/broker/log.ts';
import type { BrokerKeys } from '../../../../../src/broker/tls/broker-keys.ts';
import { watchKeys } from '../../../../../src/broker/tls/watch-keys.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';

/** Keys that do at each look what the test has in store for them. */
function watched(looks: (boolean | Error)[]) {
  const lines: string[] = [];
  const shown: string[] = [];
  const clock = new FakeClock();
  const keys: Pick<BrokerKeys, 'certificate' | 'refresh'> = {
    certificate: () => ({ chain: `chain ${looks.length}`, key: '' }),
    refresh: async () => {
      const look = looks.shift() ?? false;
      if (look instanceof Error) throw look;
      return look;
    },
  };
  const watch = watchKeys({
    keys,
    clock,
    log: createLog({ write: (line) => void lines.push(line) }),
    onCertificate: async ({ chain }) => void shown.push(chain),
  });
  return { watch, clock, lines, shown };
}

it('tells of another certificate once it is there', async () => {
  const { watch, clock, shown } = watched([false, true, false]);
  clock.pass(30_000);
  await watch.look();
  expect(shown).toEqual(['chain 1']);
});

it('logs a fault once for as long as it lasts, and again when it comes back', async () => {
  const fault = () => new Error('the key does not fit');
  const { watch, lines, shown } = watched([fault(), fault(), false, fault()]);
  for (const _ of [1, 2, 3, 4]) await watch.look();
  expect(lines).toHaveLength(2);
  expect(shown).toEqual([]);
});

it('does not look any more once it is disposed of', async () => {
  const { watch, clock } = watched([]);
  await watch.dispose();
  expect(clock.pending).toBe(0);
});
