import { expect, it } from 'vitest';
import { judge } from '../../../../src/desktops/adoption.ts';
import type { Leftover } from '../../../../src/desktops/leftovers.ts';
import type { MachineRecord } from '../../../../src/desktops/machine-record.ts';
import { machineSpec } from './machine-spec.ts';

const origin = { kind: 'boot', reason: '' } as const;
const process = { pid: 7, startTime: 7, argv: [] };
const record: MachineRecord = {
  version: 2,
  spec: machineSpec(),
  accelerator: 'tcg',
  process: { pid: 7, startTime: 7 },
  progress: { stage: 'at-work', origin },
};
const whole: Leftover = { id: record.spec.id, record, process, isSaved: false };

it.each<[string, Partial<Leftover>, string]>([
  ['runs', {}, 'take-over'],
  [
    'boots',
    { record: { ...record, progress: { stage: 'booting', origin, ready: 'marker' } } },
    'take-over',
  ],
  ['has no record', { record: null }, 'reap'],
  ['is dead', { process: null }, 'reap'],
  ['has the number of another process', { process: { ...process, startTime: 8 } }, 'reap'],
  ['was not written down with its process', { record: { ...record, process: null } }, 'reap'],
  [
    'was not told yet who it is',
    { record: { ...record, progress: { stage: 'beginning' } } },
    'reap',
  ],
  ['sleeps', { isSaved: true, process: null }, 'suspended'],
  ['was just saved, or just about to wake', { isSaved: true }, 'suspended'],
])('a machine that %s', (_, changes, kind) => {
  expect(judge({ ...whole, ...changes }).kind).toBe(kind);
});
