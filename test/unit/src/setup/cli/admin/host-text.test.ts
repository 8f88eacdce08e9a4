import { expect, it } from 'vitest';
import type { MachineListing } from '../../../../../../src/contract/host.ts';
import { historyText, hostText } from '../../../../../../src/setup/cli/admin/host-text.ts';
import { hostUsage, machineUsage } from '../../../broker/host-figures/usages.ts';

const guest: MachineListing = {
  id: '6f0e9a52-9c3d-4d9c-8a0b-0c7f3f3f7a01',
  purpose: 'session',
  belongsTo: 'Office',
  user: 'ada',
  engine: 'para',
  state: 'running',
  origin: { kind: 'clone', template: 'abc' },
  memoryMb: 384,
  cpus: 1,
  startedAt: '2026-01-01T00:00:00.000Z',
  usage: machineUsage(),
};

it('the host is shown with bars, and its guests in a table', () => {
  const spare: MachineListing = {
    ...guest,
    purpose: 'spare',
    user: null,
    origin: { kind: 'boot', reason: 'no template yet' },
    usage: null,
  };
  const text = hostText(hostUsage({ machines: 2 }), [guest, spare]);
  expect(text.split('\n').map((line) => line.replaceAll(/ +/g, ' '))).toEqual([
    'At 2026-01-01T00:00:00.000Z, 2 guests',
    'utilization ██████████████████████▌······· 75 % the larger of the next two',
    'processors █████████····················· 30 % 2, tcg',
    'memory ██████████████████████▌······· 75 % 6.0 GiB of 8.0 GiB',
    'disk ████████████·················· 40 % 40.0 GiB of 100.0 GiB',
    'committed ███████████████··············· 50 % if all guests took all',
    'swap 0 MiB',
    'limits of cpu: by cgroups',
    'limits of memory: by cgroups',
    'limits of processes: not limited',
    '',
    'NAME FOR USER ENGINE STATE ORIGIN CPU PSS DISK NET IN/OUT',
    'Office session ada para running clone 25 % 47 MiB 3 MiB 0 MiB / 0 MiB',
    'Office spare – para running boot (no template yet) – – – –',
    '',
  ]);
});

it('what only some kernels tell is shown where it is known', () => {
  const text = hostText(hostUsage({ ksmSavedBytes: 5 * 1024 ** 2, memoryPressure: 0.02 }), []);
  expect(text).toMatch(/^equal pages saved 5 MiB\nmemory pressure 2 %$/m);
});

const now = Date.parse('2026-01-02T00:00:00.000Z');

it('the history is a line for each figure, with its mean and its peak', () => {
  const at = (hour: number) => new Date(now - hour * 3_600_000).toISOString();
  const samples = [
    { at: at(24), cpuUtilization: 0, memoryUtilization: 0.5, machines: 1 },
    { at: at(12), cpuUtilization: 1, memoryUtilization: 0.5, machines: 1 },
  ];
  const [title, ...lines] = historyText(samples, 24, now).split('\n');
  expect(title).toBe('The last 24 h, until 2026-01-02T00:00:00.000Z');
  const gap = (count: number) => ' '.repeat(count);
  expect(lines).toEqual([
    `utilization  ▅${gap(35)}█${gap(35)}  mean 75 %, peak 100 %`,
    `processors   ▁${gap(35)}█${gap(35)}  mean 50 %, peak 100 %`,
    `memory       ▅${gap(35)}▅${gap(35)}  mean 50 %, peak 50 %`,
    '',
  ]);
});

it('a history of nothing says so', () => {
  expect(historyText([], 24, now)).toMatch(/utilization {2}.*nothing known/);
});
