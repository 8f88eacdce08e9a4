import { describe, expect, it } from 'vitest';
import { within } from '../../../../../src/desktops/templates/waiting.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';

const never = new Promise<never>(() => undefined);

function limits(clock = new FakeClock(), signal = new AbortController().signal) {
  return { clock, signal, timeoutMs: 1000, late: () => new Error('late') };
}

describe('within', () => {
  it('gives the result, and leaves no timer', async () => {
    const clock = new FakeClock();
    expect(await within(never, limits(clock), async () => 7)).toBe(7);
    expect(clock.pending).toBe(0);
  });

  it('ends with the time', async () => {
    const clock = new FakeClock();
    let seen: AbortSignal | null = null;
    const result = within(never, limits(clock), (signal) => {
      seen = signal;
      return never;
    });
    clock.pass(1000);
    await expect(result).rejects.toThrow('late');
    expect(seen).toMatchObject({ aborted: true });
  });

  it('ends with a loss, also an earlier one', async () => {
    const lost = Promise.reject(new Error('lost'));
    await expect(within(lost, limits(), () => never)).rejects.toThrow('lost');
  });

  it("ends with the caller's signal", async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(within(never, limits(undefined, signal), () => never)).rejects.toThrow('enough');
  });
});
