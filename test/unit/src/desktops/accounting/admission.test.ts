import { describe, expect, it } from 'vitest';
import { CodedError } from '../../../../../src/contract/errors.ts';
import type { Charge } from '../../../../../src/desktops/accounting/accountant.ts';
import { Admission } from '../../../../../src/desktops/accounting/admission.ts';
import {
  defaultAdmissionPolicy as policy,
  reserveOf,
} from '../../../../../src/desktops/accounting/admission-policy.ts';

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;

const room = (availableBytes = 16 * GiB) => ({
  cpuCount: 4,
  memoryBytes: 16 * GiB,
  memoryAvailableBytes: availableBytes,
  memoryPressure: 0,
  diskAvailableBytes: 100 * GiB,
});
const charge = (id: string, extra: Partial<Charge> = {}): Charge => ({
  id,
  engine: 'para',
  memoryMb: 384,
  cpus: 1,
  isClone: false,
  ...extra,
});

function refusal(admit: () => void): string | undefined {
  try {
    admit();
  } catch (error) {
    if (error instanceof CodedError && error.code === 'host-full') return error.detail;
    throw error;
  }
  return undefined;
}

/** How many of a kind fit. */
function fitting(admission: Admission, extra: Partial<Charge>, host = room()): number {
  let count = 0;
  while (refusal(() => admission.admit(charge(`${count}`, extra), host, 0)) === undefined) {
    count += 1;
  }
  return count;
}

describe('admission', () => {
  it('says how much memory is short', () => {
    const admission = new Admission(policy);
    const host = room(1.5 * GiB);
    admission.admit(charge('a'), host, 0);
    expect(refusal(() => admission.admit(charge('b'), host, 0))).toBe(
      'another desktop needs about 512 MB of memory, and 205 MB are free; 819 MB are kept in reserve',
    );
    admission.release('a');
    expect(refusal(() => admission.admit(charge('b'), host, 0))).toBeUndefined();
  });

  it('counts one that runs already even where it would not let it in', () => {
    const admission = new Admission(policy);
    const host = room(1.5 * GiB);
    admission.admit(charge('a'), host, 0);
    admission.takeUp(charge('b'), 0);
    expect(admission.committedBytes).toBe(2 * (384 + policy.overheadMb) * MiB);
    admission.release('a');
    expect(refusal(() => admission.admit(charge('c'), host, 0))).toContain('205 MB are free');
  });

  it('lets more clones in than it would boot', () => {
    const host = { ...room(6 * GiB), cpuCount: 100 };
    const booted = fitting(new Admission(policy), {}, host);
    const clones = fitting(new Admission(policy), { isClone: true }, host);
    expect(booted).toBe(10);
    expect(clones).toBe(41);
  });

  it('learns what clones use from those that have settled', () => {
    const admission = new Admission(policy);
    admission.admit(charge('a', { isClone: true }), room(), 0);
    admission.measured('a', 40 * MiB, policy.settledMs - 1);
    admission.admit(charge('b', { isClone: true }), room(), 0);
    expect(admission.pendingBytes(0)).toBe((128 - 40 + 128) * MiB);
    admission.measured('a', 48 * MiB, policy.settledMs);
    admission.release('b');
    admission.admit(charge('b', { isClone: true }), room(), policy.settledMs);
    expect(admission.pendingBytes(policy.settledMs)).toBeCloseTo((48 + (128 - 48) / 4) * MiB);
  });

  it('stops at what all could come to use together', () => {
    const host = { ...room(), cpuCount: 1000 };
    const detail = refusal(() => {
      const admission = new Admission(policy);
      for (let n = 0; n < 1000; n += 1) {
        admission.admit(charge(`${n}`, { isClone: true, memoryMb: 1024 }), host, 0);
        admission.measured(`${n}`, 1024 * MiB, 0);
      }
    });
    expect(detail).toBe(
      'with another desktop all together could come to use 32.6 GB of memory, and 32.0 GB are allowed: 2 times what the broker has',
    );
  });

  it('stops at the processors', () => {
    const admission = new Admission(policy);
    admission.admit(charge('a', { cpus: 63 }), room(), 0);
    admission.admit(charge('b'), room(), 0);
    expect(refusal(() => admission.admit(charge('c'), room(), 0))).toBe(
      'with another desktop all together would have 65 processors, and 64 are allowed: 16 for each that the broker has',
    );
  });

  it('stops while memory is waited for, and where the disk is full', () => {
    const admission = new Admission(policy);
    const pressed = { ...room(), memoryPressure: 0.31 };
    expect(refusal(() => admission.admit(charge('a'), pressed, 0))).toContain('31 %');
    const full = { ...room(), diskAvailableBytes: 100 * MiB };
    expect(refusal(() => admission.admit(charge('a'), full, 0))).toBe(
      '100 MB are free on the disk of the broker, and 512 MB are needed',
    );
    expect(
      refusal(() => admission.admit(charge('a'), { ...room(), memoryPressure: null }, 0)),
    ).toBe(undefined);
  });

  it('counts a machine once that asks again, and keeps its place when it is refused', () => {
    const admission = new Admission(policy);
    admission.admit(charge('a'), room(), 0);
    admission.admit(charge('a'), room(), 0);
    expect(admission.committedBytes).toBe(512 * MiB);
    expect(refusal(() => admission.admit(charge('a'), room(0), 0))).toBeDefined();
    expect(admission.committedBytes).toBe(512 * MiB);
  });

  it('never lets many at once go below the reserve, however they come, grow and go', () => {
    for (let seed = 1; seed <= 60; seed += 1) neverBelowReserve(randomFrom(seed));
  });
});

/** A host whose guests take as much as was expected of them at most, looked at now and then. */
function neverBelowReserve(random: () => number): void {
  const admission = new Admission(policy);
  const total = (1 + Math.floor(random() * 64)) * GiB;
  const host = { ...room(total), cpuCount: 512, memoryBytes: total };
  const guests = new Map<string, { used: number; most: number }>();
  const available = () => total - [...guests.values()].reduce((sum, { used }) => sum + used, 0);
  let refused = 0;
  for (let step = 0; step < 400; step += 1) {
    const id = `${step}`;
    const choice = random();
    if (choice < 0.7) {
      const memoryMb = 128 + Math.floor(random() * 2048);
      const isClone = random() < 0.5;
      const share = isClone ? policy.first.cloneShare : 1;
      const most = (memoryMb * share + (isClone ? 0 : policy.overheadMb)) * MiB;
      const admit = () => admission.admit(charge(id, { memoryMb, isClone }), host, 0);
      if (refusal(admit) === undefined) guests.set(id, { used: 0, most });
      else refused += 1;
    } else if (choice < 0.8) {
      const [first] = guests.keys();
      if (first !== undefined) {
        guests.delete(first);
        admission.release(first);
      }
    } else if (choice < 0.9) {
      for (const guest of guests.values()) guest.used += (guest.most - guest.used) * random();
    } else {
      host.memoryAvailableBytes = available();
      for (const [name, { used }] of guests) admission.measured(name, used, 0);
    }
    const worst = total - [...guests.values()].reduce((sum, { most }) => sum + most, 0);
    expect(worst).toBeGreaterThanOrEqual(reserveOf(policy, total));
  }
  expect(refused).toBeGreaterThan(0);
}

/** mulberry32: the same numbers for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
