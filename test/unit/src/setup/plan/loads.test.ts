import { describe, expect, it } from 'vitest';
import type { MachineListing, MachineUsage } from '../../../../../src/contract/host.ts';
import {
  loadsOfMachines,
  readLoads,
  virtualMachineGb,
} from '../../../../../src/setup/plan/loads.ts';
import { pack } from '../../../../../src/setup/plan/pack.ts';

const head = 'name,cpus,memory_gb,cpu_percent,memory_percent';

describe('the machines of a file', () => {
  it('have what is used of them, with peaks where there are any', () => {
    const file = `Kind,name,cpus,memory_gb,cpu_percent,memory_percent,cpu_peak_percent
os-level,web,8,16,25,50,75
,mail,4,32,12.5,25,5`;
    expect(readLoads(file)).toEqual([
      {
        name: 'web',
        overheadGb: 0,
        size: { cpus: 8, memoryGb: 16 },
        average: { cpus: 2, memoryGb: 8 },
        peak: { cpus: 6, memoryGb: 8 },
      },
      {
        name: 'mail',
        overheadGb: virtualMachineGb,
        size: { cpus: 4, memoryGb: 32 },
        average: { cpus: 0.5, memoryGb: 8 },
        peak: { cpus: 0.5, memoryGb: 8 },
      },
    ]);
  });

  it.each([
    ['', 'no machines'],
    [head, 'no machines'],
    ['name,cpu\na,1', 'line 1, column 2: "cpu" is not a column'],
    ['name,cpus,name\na,1,b', 'line 1, column 3: the column "name" is there twice'],
    ['name,cpus\na,1', 'the column "memory_gb" is missing'],
    [`${head}\na,1,2,3`, 'line 2, column 4: 4 cells, where the first line has 5'],
    [`${head}\n,1,2,3,4`, 'line 2, column 1: a machine needs a name'],
    [`${head}\na,1,2,3,4\na,1,2,3,4`, 'line 3, column 1: "a" is there twice'],
    [`${head}\na,1,x,3,4`, 'line 2, column 3: "x" is not a number'],
    [`${head}\na,1,,3,4`, 'line 2, column 3: "" is not a number'],
    [`${head}\na,0,2,3,4`, 'line 2, column 2: more than 0'],
    [`${head}\na,1,2,3,140`, 'line 2, column 5: 140 is more than 100'],
    [`${head},kind\na,1,2,3,4,xen`, 'line 2, column 6: "xen" is none of full, para, os-level'],
  ])('are refused in %j, with the place', (file, fault) => {
    expect(() => readLoads(file)).toThrow(fault);
  });
});

describe('the machines of a broker', () => {
  const now = Date.parse('2026-01-01T00:01:40.000Z');
  const measured: MachineUsage = {
    ...{ cpuSeconds: 50, cpus: 1.5, pssBytes: 128 * 1024 ** 2, privateBytes: 0, diskBytes: 0 },
    ...{ receivedBytes: 0, sentBytes: 0 },
  };
  const listing: MachineListing = {
    ...{ id: '1', purpose: 'session', belongsTo: 'Harbour', user: 'ada', engine: 'para' },
    ...{ state: 'running', origin: null, memoryMb: 512, cpus: 2 },
    startedAt: '2026-01-01T00:00:00.000Z',
    usage: measured,
  };

  it('are loads by what they used since their start', () => {
    expect(loadsOfMachines([listing, { ...listing, usage: null }], now)).toEqual([
      {
        name: 'Harbour (ada)',
        overheadGb: 0,
        size: { cpus: 2, memoryGb: 0.5 },
        average: { cpus: 0.5, memoryGb: 0.125 },
        peak: { cpus: 1.5, memoryGb: 0.125 },
      },
    ]);
  });

  it('include what QEMU takes: four that fill a host by its memory fit on it', () => {
    const usage = { ...measured, pssBytes: 2 * 1024 ** 3 };
    const machines = ['a', 'b', 'c', 'd'].map((belongsTo) => ({ ...listing, belongsTo, usage }));
    const bin = { size: { cpus: 64, memoryGb: 8 }, target: 1 };
    expect(pack(loadsOfMachines(machines, now), bin)).toHaveLength(1);
    // The same as a file tells it, where it is what is used in the guests.
    const rows = ['a', 'b', 'c', 'd'].map((name) => `${name},2,4,25,50`);
    expect(pack(readLoads([head, ...rows].join('\n')), bin)).toHaveLength(2);
  });

  it('are none while they are suspended, whatever was measured before', () => {
    expect(loadsOfMachines([{ ...listing, state: 'suspended' }], now)).toEqual([]);
  });
});
