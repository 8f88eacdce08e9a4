import { describe, expect, it } from 'vitest';
import { hardwareLimitMs, judge } from '../../../../src/desktops/accelerator.ts';
import type { ProbeRun } from '../../../../src/desktops/probe/probe-run.ts';

const good: ProbeRun = { outcome: 'finished', elapsedMs: 320, reached: 'LMT', detail: '' };

describe('the choice of the accelerator', () => {
  it('is the hardware when the guest ran on it', () => {
    expect(judge('kvm', { ...good, elapsedMs: 190 }, good)).toEqual({
      accelerator: 'kvm',
      proof: 'KVM ran the test guest in 0.2 s; software emulation ran the test guest in 0.3 s',
    });
  });

  it('is emulation when the guest hangs on the hardware, and says where', () => {
    const hung: ProbeRun = { outcome: 'stalled', elapsedMs: 1500, reached: 'L', detail: '' };
    expect(judge('kvm', hung, good)).toEqual({
      accelerator: 'tcg',
      proof:
        'KVM was given up after 1.5 s, having got through: long mode; ' +
        'software emulation ran the test guest in 0.3 s',
    });
  });

  it('is emulation when QEMU does not start on the hardware, and says why', () => {
    const broken: ProbeRun = { outcome: 'broken', elapsedMs: 30, reached: '', detail: 'no MSR' };
    const { accelerator, proof } = judge('hvf', broken, good);
    expect(accelerator).toBe('tcg');
    expect(proof).toMatch(/^HVF broke off, having got through: nothing \(no MSR\);/);
  });

  it('gives the hardware twice the time that emulation took, within bounds', () => {
    expect([300, 1000, 10_000].map(hardwareLimitMs)).toEqual([1500, 2000, 5000]);
  });
});
