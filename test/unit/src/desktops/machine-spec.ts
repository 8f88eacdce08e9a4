import type { MachineSpec } from '../../../../src/desktops/engine.ts';

/** A machine that boots; `changes` are in place of its values. */
export function machineSpec(changes: Partial<MachineSpec> = {}): MachineSpec {
  return {
    id: '8a7c1a52-2b1f-4b7e-9d5e-0c7b4d1f3a90',
    image: 'porthole-desktop',
    engine: 'para',
    memoryMb: 512,
    cpus: 1,
    hostname: 'desk-7',
    cpuWeight: 100,
    network: { kind: 'none' },
    disk: { kind: 'fresh' },
    clone: false,
    homeMb: 0,
    ...changes,
  };
}
