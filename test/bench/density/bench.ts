import { createProgress } from '../../../src/setup/progress.mjs';
import { BenchDesktops } from '../desktops/bench-desktops.ts';
import { type Connected, connect, end } from '../desktops/desktop-user.ts';
import { hostUtilization } from '../desktops/host-load.ts';
import { templateBytes } from '../desktops/processes.ts';
import { waitForTemplate } from '../desktops/template-wait.ts';
import { keysToPixel, openTerminal, typeUntil } from '../desktops/typist.ts';
import { countsOf } from '../options.ts';
import { median, rounded } from '../statistics.ts';
import { cpusDuring, type IdleFigures, whileIdle } from './guest-load.ts';

/** Each desktop is watched by a viewer of its own. PSS is the mean of the desktops, in MiB. */
export type DensityResult = {
  desktops: number;
  clonePssMb: number;
  coldPssMb: number;
  osLevelPssMb: number;
  /** What the host holds for all of the clones together, beside them. */
  templateMb: number;
  /** Of the engine `full`: as many clones as of the other, and as many boots. */
  fullClonePssMb: number;
  fullColdPssMb: number;
  ratioColdToClone: number;
  /** Processors busy with all the desktops together, left alone. */
  idleCpus: number;
  /** The same while somebody types in each of them. */
  typingCpus: number;
  /** From a key to the changed picture, with one desktop on the host. */
  keyToPixelP50MsAlone: number;
  /** The same in one of all, while somebody types in each of the others. */
  keyToPixelP50MsCrowded: number;
  /** Share of the host in use meanwhile: the larger of processors and memory. */
  hostUtilization: number;
};

type Counts = {
  desktops: number;
  cold: number;
  osLevel: number;
  idleSeconds: number;
  keys: number;
};

/** `--desktops` clones; as many `--cold` boots and `--osLevel` desktops; `--idleSeconds`; `--keys`. */
export async function benchDensity(args: readonly string[]): Promise<DensityResult> {
  const counts = countsOf(args, { desktops: 20, cold: 3, osLevel: 5, idleSeconds: 20, keys: 40 });
  const desktops = await BenchDesktops.open(counts.desktops);
  try {
    return await measure(desktops, counts);
  } finally {
    await desktops.dispose();
  }
}

async function measure(desktops: BenchDesktops, counts: Counts): Promise<DensityResult> {
  const progress = createProgress({ output: process.stderr, now: Date.now });
  const step = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const bar = progress.begin(name);
    const result = await work();
    bar.done();
    return result;
  };
  const pool = { name: 'Clones', engine: 'para', instantClones: true, spares: 0 } as const;
  const clones = await desktops.addPool(pool);
  await step('Template', () => waitForTemplate(desktops, clones));
  const template = await templateBytes(desktops.broker.folders);
  const boots = await desktops.addPool({ ...pool, name: 'Boots', instantClones: false });
  const cold = await step('Booted desktops', () => idle(desktops, boots, counts.cold, counts));
  const full = { ...pool, name: 'Full clones', engine: 'full' } as const;
  const fullClones = await desktops.addPool(full);
  await step('Template of full virtualization', () => waitForTemplate(desktops, fullClones));
  const fullClone = await step('Clones, fully virtualized', () =>
    idle(desktops, fullClones, counts.desktops, counts),
  );
  const fullBoots = await desktops.addPool({ ...full, name: 'Full boots', instantClones: false });
  const fullCold = await step('Booted desktops, fully virtualized', () =>
    idle(desktops, fullBoots, counts.cold, counts),
  );
  const shared = await desktops.addPool({ ...pool, name: 'Shared', engine: 'os-level' });
  const osLevel = await step('OS-level desktops', () =>
    idle(desktops, shared, counts.osLevel, counts),
  );
  const cloned = await step('Clones', () => crowd(desktops, clones, counts));
  return {
    desktops: counts.desktops,
    clonePssMb: rounded(cloned.idle.pssMb),
    coldPssMb: rounded(cold.pssMb),
    osLevelPssMb: rounded(osLevel.pssMb),
    templateMb: rounded(template / 1024 ** 2),
    fullClonePssMb: rounded(fullClone.pssMb),
    fullColdPssMb: rounded(fullCold.pssMb),
    ratioColdToClone: rounded(cold.pssMb / cloned.idle.pssMb),
    idleCpus: rounded(cloned.idle.cpus, 3),
    typingCpus: rounded(cloned.typingCpus, 3),
    keyToPixelP50MsAlone: rounded(median(cloned.alone)),
    keyToPixelP50MsCrowded: rounded(median(cloned.crowded)),
    hostUtilization: rounded(cloned.utilization, 3),
  };
}

/** So many desktops of a pool at once, left alone. */
async function idle(
  desktops: BenchDesktops,
  pool: string,
  count: number,
  { idleSeconds }: Counts,
): Promise<IdleFigures> {
  const open = await connectAll(desktops, pool, 0, count);
  const figures = await whileIdle(desktops.broker.folders, count, idleSeconds);
  await endAll(desktops, open);
  return figures;
}

type Crowd = {
  idle: IdleFigures;
  typingCpus: number;
  alone: number[];
  crowded: number[];
  utilization: number;
};

async function crowd(desktops: BenchDesktops, pool: string, counts: Counts): Promise<Crowd> {
  const { folders } = desktops.broker;
  const alone = await typedAlone(desktops, pool, counts.keys);
  const all = await connectAll(desktops, pool, 0, counts.desktops);
  const idle = await whileIdle(folders, counts.desktops, counts.idleSeconds);
  for (const { viewer } of all) await openTerminal(viewer);
  const [first, ...others] = all;
  if (first === undefined) throw new Error('there is no desktop');
  const over = new AbortController();
  const typists = others.map(({ viewer }) => typeUntil(over.signal, viewer));
  let crowded: number[] = [];
  let typingCpus = 0;
  const utilization = await hostUtilization(async () => {
    typingCpus = await cpusDuring(folders, async () => {
      crowded = await keysToPixel(first.viewer, counts.keys);
    });
  });
  over.abort();
  await Promise.all(typists);
  await endAll(desktops, all);
  return { idle, typingCpus, alone, crowded, utilization };
}

/** In a desktop that has the host for itself. It ends, since it has done more than the others. */
async function typedAlone(desktops: BenchDesktops, pool: string, keys: number): Promise<number[]> {
  const open = await connectAll(desktops, pool, 0, 1);
  const [only] = open;
  if (only === undefined) throw new Error('there is no desktop');
  await openTerminal(only.viewer);
  const samples = await keysToPixel(only.viewer, keys);
  await endAll(desktops, open);
  return samples;
}

function connectAll(
  { users }: BenchDesktops,
  pool: string,
  from: number,
  count: number,
): Promise<Connected[]> {
  return Promise.all(users.slice(from, from + count).map((user) => connect(user, pool)));
}

async function endAll({ users }: BenchDesktops, open: readonly Connected[]): Promise<void> {
  const ends = open.map((connected, index) => {
    const user = users[index];
    return user === undefined ? null : end(user, connected);
  });
  await Promise.all(ends);
}
