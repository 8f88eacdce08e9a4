import { expect, it } from 'vitest';
import { createLog } from '../../../../../src/broker/log.ts';
import { createAuthority, issueCertificate } from '../../../../../src/broker/tls/authority.ts';
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

it('warns once a day of a certificate that runs out within two weeks', async () => {
  const hour = 60 * 60 * 1000;
  const clock = new FakeClock();
  const lines: string[] = [];
  // Good for 90 days, of which two weeks and an hour are left.
  const issuedAt = clock.now() - (90 - 14) * 24 * hour + hour;
  const issued = await issueCertificate(await createAuthority(issuedAt), ['127.0.0.1'], issuedAt);
  const watch = watchKeys({
    keys: { certificate: () => issued, refresh: async () => false },
    clock,
    log: createLog({ write: (line) => void lines.push(line) }),
    onCertificate: async () => undefined,
  });
  const warningsAfter = async (hours: number) => {
    clock.pass(hours * hour);
    await watch.look();
    return lines.length;
  };
  expect(await warningsAfter(0)).toBe(0);
  expect(await warningsAfter(2)).toBe(1);
  expect(await warningsAfter(1)).toBe(1);
  expect(await warningsAfter(24)).toBe(2);
  expect(lines[0]).toContain('runs out');
  await watch.dispose();
});

it('does not look any more once it is disposed of', async () => {
  const { watch, clock } = watched([]);
  await watch.dispose();
  expect(clock.pending).toBe(0);
});
