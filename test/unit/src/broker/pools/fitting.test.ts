import { describe, expect, it } from 'vitest';
import { assertFits } from '../../../../../src/broker/pools/fitting.ts';
import { newPoolSchema } from '../../../../../src/contract/pool.ts';

type Fields = Partial<Parameters<typeof newPoolSchema.parse>[0] & object>;

/** A pool with all else as it is when nothing is said. */
function pool(fields: Fields) {
  const { groups, ...rest } = newPoolSchema.parse({ name: 'Office', image: 'porthole', ...fields });
  return rest;
}

const osLevel = { engine: 'os-level' } as const;
const persistent = { persistence: 'persistent' } as const;

describe('a pool', () => {
  it.each([
    [{}],
    [{ engine: 'full', ...persistent, suspendAfterMinutes: 10 }],
    [{ ...persistent, suspendAfterMinutes: 10 }],
    [{ spares: 3, suspendAfterMinutes: 10 }],
    [{ ...osLevel, spares: 3 }],
  ])('may be %j', (fields) => {
    expect(() => assertFits(pool(fields))).not.toThrow();
  });

  it.each([
    [{ ...osLevel, ...persistent }, 'choose para or full'],
    [{ ...osLevel, suspendAfterMinutes: 10 }, 'cannot be suspended'],
    [{ ...persistent, spares: 1 }, 'no spares'],
  ])('may not be %j, and says why', (fields, why) => {
    expect(() => assertFits(pool(fields))).toThrow(
      expect.objectContaining({ code: 'invalid-request', detail: expect.stringContaining(why) }),
    );
  });
});
