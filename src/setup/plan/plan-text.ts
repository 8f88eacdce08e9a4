import { tableText } from '../cli/table.ts';
import { virtualMachineGb } from './loads.ts';
import {
  type Plan,
  type PlannedHost,
  type Step,
  type Used,
  utilization,
  wishedStep,
} from './plan.ts';

const barLength = 20;

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

/** The whole answer, for a terminal. */
export function planText(plan: Plan): string {
  return [stagesText(plan), verdictText(plan), hostsText(wishedStep(plan)), assumptionsText(plan)]
    .map((text) => `${text.trimEnd()}\n`)
    .join('\n');
}

function stagesText({ today, steps }: Plan): string {
  const row = (name: string, machines: number, used: Used) => [
    name,
    counted(machines, 'machine'),
    bar(utilization(used)),
    `${percent(utilization(used))} used`,
    `processors ${percent(used.cpu)}, memory ${percent(used.memory)}`,
  ];
  const rows = [
    row('Today', today.machines.length, today),
    ...steps.map((step) => row(`Up to ${percent(step.target)}`, step.hosts.length, step)),
  ];
  // The head of a table without names is a line of nothing.
  return tableText(['', '', '', '', ''], rows).replace(/^.*\n/, '');
}

function verdictText(plan: Plan): string {
  const { host, today } = plan;
  const step = wishedStep(plan);
  const before = today.machines.length;
  const all = step.hosts.length + step.spare;
  const carry = step.hosts.length === 1 ? 'carries' : 'carry';
  const sizes = `${counted(step.hosts.length, 'machine')} with ${counted(host.cpus, 'processor')} and ${host.memoryGb} GB`;
  return `${sizes} ${carry} all of it${spareText(step.spare)}.
${savedText(before, all)}
${boundText(step)}`;
}

function spareText(spare: number): string {
  if (spare === 0) return '';
  return spare === 1
    ? ', and 1 more stands by for one that fails'
    : `, and ${spare} more stand by for those that fail`;
}

function savedText(before: number, after: number): string {
  if (after >= before) return `You need ${after} in place of ${before}: nothing is saved.`;
  const share = percent((before - after) / before);
  return `You need ${after} in place of ${before}: ${share} of the machines are free for other things.`;
}

function boundText({ hosts, lowerBound }: Step): string {
  const more = hosts.length - lowerBound;
  if (more === 0) return 'It cannot be done with fewer at this target.';
  return `The mere sum would fill ${lowerBound}: this way to distribute it takes ${more} more.`;
}

function hostsText({ hosts }: Step): string {
  const rows = hosts.map((host, index) => [
    `${index + 1}`,
    cell(host.cpu),
    cell(host.memory),
    guestsText(host),
  ]);
  return tableText(['HOST', 'PROCESSORS', 'MEMORY', 'RUNS'], rows);
}

function guestsText({ guests }: PlannedHost): string {
  return guests.map(({ name }) => name).join(', ');
}

function cell(share: number): string {
  return `${bar(share, barLength / 2)} ${percent(share).padStart(5)}`;
}

function bar(share: number, length = barLength): string {
  const full = Math.min(length, Math.round(share * length));
  return '■'.repeat(full) + '□'.repeat(length - full);
}

function assumptionsText(plan: Plan): string {
  const added = plan.today.machines.some(({ overheadGb }) => overheadGb > 0);
  const overhead = ` Each virtual machine takes
${virtualMachineGb * 1024} MB for itself. `;
  return `On average each host is used to ${percent(wishedStep(plan).target)} at most, by processors and by memory. Peaks are taken
not to fall together, and then no more than the whole host is needed.${added ? overhead : '\n'}All processors count as equally quick.`;
}
