import { expect, it } from 'vitest';
import { limitsOf, mayBeClone } from '../../../../src/desktops/machine-holdings.ts';
import { machineSpec } from './machine-spec.ts';

it('QEMU is limited to the memory of its guest and what it needs itself', () => {
  expect(limitsOf(machineSpec({ memoryMb: 384, cpus: 2, cpuWeight: 50 }))).toEqual({
    cpuWeight: 50,
    cpus: 2,
    memoryBytes: (384 + 512) * 1024 ** 2,
    processes: 258,
  });
});

it('a desktop without a machine of its own has what it was given, and no more', () => {
  const { memoryBytes } = limitsOf(machineSpec({ engine: 'os-level', memoryMb: 256 }));
  expect(memoryBytes).toBe(256 * 1024 ** 2);
});

it('only what begins with a fresh disk can be a clone', () => {
  expect(mayBeClone(machineSpec({ clone: true }))).toBe(true);
  expect(mayBeClone(machineSpec({ clone: false }))).toBe(false);
  expect(mayBeClone(machineSpec({ clone: true, disk: { kind: 'kept', path: '/d' } }))).toBe(false);
  expect(mayBeClone(machineSpec({ clone: true, engine: 'os-level' }))).toBe(false);
});
