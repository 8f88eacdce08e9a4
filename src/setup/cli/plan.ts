import { readFile, writeFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { CodedError } from '../../contract/errors.ts';
import type { MachineListing } from '../../contract/host.ts';
import { type Load, loadsOfMachines, readLoads } from '../plan/loads.ts';
import { largestOf, makePlan } from '../plan/plan.ts';
import { planJson } from '../plan/plan-json.ts';
import { planPicture } from '../plan/plan-picture.ts';
import { planText } from '../plan/plan-text.ts';
import type { CommandContext } from './context.ts';

type PlanOptions = {
  hostCpus?: number;
  hostMemory?: number;
  target: number;
  spare: number;
  dataDir: string;
  picture?: string;
  json?: boolean;
};

/** The guests of the broker with this data folder, as it last measured them. */
export type MeasuredMachines = (
  dataDir: string,
  databaseUrl: string | undefined,
) => Promise<MachineListing[]>;

type PlanContext = Pick<CommandContext, 'env'> & {
  locations: Pick<CommandContext['locations'], 'brokerData'>;
  stdout: { write(text: string): unknown };
};

export function planCommand(
  { env, locations, stdout }: PlanContext,
  measured: MeasuredMachines,
): Command {
  return new Command('plan')
    .argument('[file]', 'CSV with a line for each machine of today')
    .description('Shows how many machines are needed for what they do today.')
    .option('--host-cpus <number>', 'processors of a host (default: as the largest)', positive)
    .option('--host-memory <GB>', 'memory of a host (default: as the largest)', positive)
    .option('--target <percent>', 'how far a host is filled on average', percentage, 90)
    .option('--spare <number>', 'hosts that stand by for others that fail', count, 1)
    .option(
      '--data-dir <folder>',
      'without a file: data folder of the broker',
      locations.brokerData,
    )
    .option('--picture <file>', 'draw before and after, as SVG')
    .option('--json', 'print it for programs')
    .addHelpText(
      'after',
      `
The first line of the file names its columns: name, cpus, memory_gb, cpu_percent, memory_percent,
and, if you like, cpu_peak_percent, memory_peak_percent, kind (full, para or os-level).
Without a file it is what the broker of this machine has measured of its guests.`,
    )
    .action(async (file: string | undefined, options: PlanOptions) => {
      const loads =
        file === undefined
          ? measuredLoads(await measured(options.dataDir, env.DATABASE_URL))
          : await loadsOf(file);
      const largest = largestOf(loads);
      const host = {
        cpus: options.hostCpus ?? largest.cpus,
        memoryGb: options.hostMemory ?? largest.memoryGb,
      };
      const plan = makePlan(loads, { host, target: options.target / 100, spare: options.spare });
      if (options.picture !== undefined) await writeFile(options.picture, planPicture(plan));
      stdout.write(options.json ? `${planJson(plan)}\n` : planText(plan));
    });
}

/** @throws command-invalid where the file is of no use */
async function loadsOf(file: string): Promise<Load[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new CodedError('command-invalid', { detail: String(error), cause: error });
  });
  return readLoads(text);
}

/** @throws command-invalid where nothing was measured */
function measuredLoads(machines: readonly MachineListing[]): Load[] {
  const loads = loadsOfMachines(machines, Date.now());
  if (loads.length > 0) return loads;
  throw new CodedError('command-invalid', {
    detail: 'the broker has not measured any guest yet; give a CSV file',
  });
}

function positive(text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('It must be a number above 0.');
}

function percentage(text: string): number {
  const value = positive(text);
  if (value <= 100) return value;
  throw new InvalidArgumentError('It must be 100 at most.');
}

function count(text: string): number {
  if (/^\d{1,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 0 on.');
}
