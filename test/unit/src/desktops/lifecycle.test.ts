import { describe, expect, it } from 'vitest';
import { problem } from '../../../../src/contract/errors.ts';
import { Lifecycle } from '../../../../src/desktops/lifecycle.ts';

describe('who follows a machine', () => {
  it('is told of each change until the end, and not after', () => {
    const life = new Lifecycle({ kind: 'preparing' });
    const kinds: string[] = [];
    life.onChange(({ kind }) => kinds.push(kind));
    const other = life.onChange(() => kinds.push('other'));
    other.dispose();
    expect(life.apply({ kind: 'wake' })).toBe(false);
    expect(life.apply({ kind: 'stop', reason: 'asked' })).toBe(true);
    life.apply({ kind: 'process-gone' });
    life.apply({ kind: 'process-gone' });
    expect(kinds).toEqual(['stopping', 'stopped']);
  });

  it('can wait until it runs', async () => {
    const life = new Lifecycle({ kind: 'restoring' });
    const running = life.running();
    life.apply({ kind: 'desktop-ready' });
    await running;
    await life.running();
  });

  it('hears why it does not', async () => {
    const life = new Lifecycle({ kind: 'restoring' });
    const running = life.running();
    life.apply({ kind: 'fault', problem: problem('disk-full', { detail: 'full' }) });
    await expect(running).rejects.toMatchObject({ code: 'disk-full', detail: 'full' });
    const waking = new Lifecycle({ kind: 'starting' });
    const awake = waking.running();
    waking.apply({ kind: 'wake-failed', problem: problem('disk-full') });
    await expect(awake).rejects.toMatchObject({ code: 'disk-full' });
    const stopped = new Lifecycle({ kind: 'stopped', reason: 'asked' });
    await expect(stopped.running()).rejects.toMatchObject({ code: 'guest-failed' });
  });
});
