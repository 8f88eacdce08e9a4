import { CodedError } from '../../contract/errors.ts';
import type { Load, Size } from './loads.ts';

/** The hosts to fill: their size, and the share of it that is used on average at most. */
export type Bin = { size: Size; target: number };

const resources = ['cpus', 'memoryGb'] as const;
/** A sum may come out a hair above what it is, which must not cost a host. */
const hair = 1e-9;

/** What a machine takes of a host on average. */
export function needOf({ average, overheadGb }: Load): Size {
  return { cpus: average.cpus, memoryGb: average.memoryGb + overheadGb };
}

export function sumOf(loads: readonly Load[], of: (load: Load) => Size): Size {
  return loads.map(of).reduce(
    (sum, { cpus, memoryGb }) => ({
      cpus: sum.cpus + cpus,
      memoryGb: sum.memoryGb + memoryGb,
    }),
    { cpus: 0, memoryGb: 0 },
  );
}

/**
 * Distributes the loads by first fit, the largest first (Johnson 1973, here with two resources).
 * @throws command-invalid when a load is too large for any host
 */
export function pack(loads: readonly Load[], bin: Bin): Load[][] {
  const hosts: Load[][] = [];
  for (const load of loads.toSorted((a, b) => weightOf(b, bin) - weightOf(a, bin))) {
    const host = hosts.find((guests) => fits([...guests, load], bin));
    if (host !== undefined) host.push(load);
    else if (fits([load], bin)) hosts.push([load]);
    else throw tooLarge(load, bin);
  }
  return hosts;
}

/** As many hosts as the mere sum of all needs: no way to distribute them takes fewer. */
export function lowerBound(loads: readonly Load[], { size, target }: Bin): number {
  const sum = sumOf(loads, needOf);
  const hosts = resources.map((one) => Math.ceil(sum[one] / (size[one] * target) - hair));
  return Math.max(1, ...hosts);
}

/**
 * The averages stay below the target. Peaks are taken as independent of one another, so that their
 * rises add up like the sides of a right angle, and with them no more than the whole host is needed.
 */
function fits(guests: readonly Load[], { size, target }: Bin): boolean {
  const sum = sumOf(guests, needOf);
  return resources.every((one) => {
    const rise = Math.hypot(...guests.map(({ average, peak }) => peak[one] - average[one]));
    return sum[one] <= size[one] * target + hair && sum[one] + rise <= size[one] + hair;
  });
}

function weightOf(load: Load, { size }: Bin): number {
  const need = needOf(load);
  return Math.max(...resources.map((one) => need[one] / size[one]));
}

function tooLarge({ name }: Load, { size, target }: Bin): CodedError {
  const percent = Math.round(target * 100);
  return new CodedError('command-invalid', {
    detail: `"${name}" alone is too much for ${percent} % of a host with ${size.cpus} processors and ${size.memoryGb} GB; give larger ones with --host-cpus and --host-memory, or a higher --target`,
  });
}
