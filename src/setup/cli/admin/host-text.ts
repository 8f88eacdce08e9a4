import type { HostSample, HostUsage, MachineListing } from '../../../contract/host.ts';
import { barText, percent, sparkline } from '../bars.ts';
import { tableText } from '../table.ts';
import { mebibytes } from './sizes.ts';

/** How much of the host is used now, and by which guests. */
export function hostText(host: HostUsage, machines: readonly MachineListing[]): string {
  const used = host.memoryBytes - host.memoryAvailableBytes;
  const diskUsed = host.diskBytes - host.diskAvailableBytes;
  const lines = [
    ['utilization', barText(host.utilization), 'the larger of the next two'],
    ['processors', barText(host.cpuUtilization), `${host.cpuCount}, ${host.accelerator}`],
    ['memory', barText(host.memoryUtilization), ofWhole(used, host.memoryBytes)],
    ['disk', barText(shareOf(diskUsed, host.diskBytes)), ofWhole(diskUsed, host.diskBytes)],
    [
      'committed',
      barText(shareOf(host.committedBytes, host.memoryBytes)),
      'if all guests took all',
    ],
  ];
  return [
    `At ${host.at}, ${host.machines} guests`,
    ...lines.map(([name = '', bar = '', note = '']) => `${name.padEnd(12)} ${bar}  ${note}`),
    ...extras(host),
    '',
    machinesText(machines),
  ].join('\n');
}

function extras({ swapUsedBytes, ksmSavedBytes, memoryPressure, limits }: HostUsage): string[] {
  return [
    `swap ${mebibytes(swapUsedBytes)}`,
    ...(ksmSavedBytes === null ? [] : [`equal pages saved ${mebibytes(ksmSavedBytes)}`]),
    ...(memoryPressure === null ? [] : [`memory pressure ${percent(memoryPressure)}`]),
    ...Object.entries(limits).map(([what, how]) => `limits of ${what}: ${how}`),
  ];
}

const head = [
  'NAME',
  'FOR',
  'USER',
  'ENGINE',
  'STATE',
  'ORIGIN',
  'CPU',
  'PSS',
  'DISK',
  'NET IN/OUT',
];

function machinesText(machines: readonly MachineListing[]): string {
  const rows = machines.map(({ belongsTo, purpose, user, engine, state, origin, usage }) => [
    belongsTo,
    purpose,
    user ?? '',
    engine,
    state,
    originText(origin),
    ...(usage === null
      ? ['', '', '', '']
      : [
          percent(usage.cpus),
          mebibytes(usage.pssBytes),
          mebibytes(usage.diskBytes),
          `${mebibytes(usage.receivedBytes)} / ${mebibytes(usage.sentBytes)}`,
        ]),
  ]);
  return tableText(head, rows);
}

function originText(origin: MachineListing['origin']): string {
  if (origin === null) return '';
  if (origin.kind === 'clone') return 'clone';
  return origin.reason === '' ? 'boot' : `boot (${origin.reason})`;
}

/** How many points a line of the history has. */
const columns = 72;

/** How much of the host was used over the last hours. */
export function historyText(samples: readonly HostSample[], hours: number, now: number): string {
  const begin = now - hours * 3_600_000;
  const columnOf = ({ at }: HostSample) =>
    Math.min(columns - 1, Math.floor(((Date.parse(at) - begin) / (now - begin)) * columns));
  const inColumns = Map.groupBy(samples, columnOf);
  const line = (of: (sample: HostSample) => number) =>
    Array.from({ length: columns }, (_, column) => average((inColumns.get(column) ?? []).map(of)));
  const rows = [
    ['utilization', (each: HostSample) => Math.max(each.cpuUtilization, each.memoryUtilization)],
    ['processors', (each: HostSample) => each.cpuUtilization],
    ['memory', (each: HostSample) => each.memoryUtilization],
  ] as const;
  return [
    `The last ${hours} h, until ${new Date(now).toISOString()}`,
    ...rows.map(([name, of]) => {
      const mean = average(samples.map(of));
      const peak = Math.max(0, ...samples.map(of));
      const note = mean === null ? 'nothing known' : `mean ${percent(mean)}, peak ${percent(peak)}`;
      return `${name.padEnd(12)} ${sparkline(line(of))}  ${note}`;
    }),
    '',
  ].join('\n');
}

function average(numbers: readonly number[]): number | null {
  if (numbers.length === 0) return null;
  return numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
}

function shareOf(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function ofWhole(part: number, whole: number): string {
  return `${gibibytes(part)} of ${gibibytes(whole)}`;
}

function gibibytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}
