import { CodedError } from '../../contract/errors.ts';
import type { Load, Size } from './loads.ts';
import { lowerBound, needOf, pack, sumOf } from './pack.ts';

/** Shares of 0 to 1. */
export type Used = { cpu: number; memory: number };

export type PlannedHost = Used & { guests: Load[] };

/** Everything on as few hosts as are filled up to `target`. */
export type Step = Used & {
  target: number;
  hosts: PlannedHost[];
  spare: number;
  /** Fewer hosts can't do it. */
  lowerBound: number;
};

export type Plan = {
  host: Size;
  today: Used & { machines: Load[] };
  /** From the careful one to the one that was asked for, which is the last. */
  steps: [Step, ...Step[]];
};

export type PlanWish = { host: Size; target: number; spare: number };

/** The way there is shown by a step at this target. */
const carefulTarget = 0.6;

/** The larger of the two: the figure by which a machine is full. */
export function utilization({ cpu, memory }: Used): number {
  return Math.max(cpu, memory);
}

/** As large as the largest of the machines of today, by each of the two. */
export function largestOf(loads: readonly Load[]): Size {
  return {
    cpus: Math.max(...loads.map(({ size }) => size.cpus)),
    memoryGb: Math.max(...loads.map(({ size }) => size.memoryGb)),
  };
}

/** @throws command-invalid when a load is too large for the host */
export function makePlan(loads: readonly Load[], { host, target, spare }: PlanWish): Plan {
  const size = sumOf(loads, (load) => load.size);
  const average = sumOf(loads, (load) => load.average);
  const wished = stepTo(loads, host, target, spare);
  const careful = carefulTarget < target ? carefulStep(loads, host, spare) : null;
  const isBetween = careful !== null && careful.hosts.length > wished.hosts.length;
  return {
    host,
    today: { machines: [...loads], ...usedOf(average, size) },
    steps: isBetween ? [careful, wished] : [wished],
  };
}

/** Null where a single load is too much for it already. */
function carefulStep(loads: readonly Load[], host: Size, spare: number): Step | null {
  try {
    return stepTo(loads, host, carefulTarget, spare);
  } catch (error) {
    if (error instanceof CodedError) return null;
    throw error;
  }
}

function stepTo(loads: readonly Load[], host: Size, target: number, spare: number): Step {
  const bin = { size: host, target };
  const hosts = pack(loads, bin).map((guests) => ({
    guests,
    ...usedOf(sumOf(guests, needOf), host),
  }));
  const all = { cpus: host.cpus * hosts.length, memoryGb: host.memoryGb * hosts.length };
  return {
    ...{ target, spare, hosts, lowerBound: lowerBound(loads, bin) },
    ...usedOf(sumOf(loads, needOf), all),
  };
}

function usedOf(used: Size, size: Size): Used {
  return { cpu: used.cpus / size.cpus, memory: used.memoryGb / size.memoryGb };
}

/** The step that was asked for. */
export function wishedStep({ steps }: Plan): Step {
  return steps.at(-1) ?? steps[0];
}
