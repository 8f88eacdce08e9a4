import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { type Clock, systemClock } from '../contract/clock.ts';
import type { Accelerator } from '../contract/desktop.ts';
import { errnoOf } from './images/file-error.ts';
import { accelerationKey, readVerdict, writeVerdict } from './probe/probe-cache.ts';
import { type ProbeRun, runProbe } from './probe/probe-run.ts';
import { probeStages } from './probe/probe-sector.ts';

type AcceleratorVerdict = {
  accelerator: Accelerator;
  /** What was seen, in a sentence. */
  proof: string;
  /** ISO 8601. */
  probedAt: string;
};

type ProbeOptions = {
  /** Path or name of QEMU. */
  qemu: string;
  /** The verdict is kept here until QEMU, the kernel, or the boot of this machine changes. */
  cacheDir: string;
  clock?: Clock;
  /** Of Node's `process.platform`. */
  platform?: NodeJS.Platform;
};

const names: Record<Accelerator, string> = {
  kvm: 'KVM',
  hvf: 'HVF',
  whpx: 'WHPX',
  tcg: 'software emulation',
};

/** Milliseconds: emulation gets long, since nothing is left to choose if it does not finish. */
const emulationLimitMs = 20_000;
const leastLimitMs = 1500;
const mostLimitMs = 5000;

/**
 * Finds out how this machine runs guests best, by running one. Hardware virtualization that is
 * there is not yet good: nested inside another one it can hang, or be slower than emulation.
 * @throws qemu-missing
 */
export async function probeAccelerator(options: ProbeOptions): Promise<AcceleratorVerdict> {
  const { qemu, cacheDir, clock = systemClock, platform = process.platform } = options;
  const verdict = (accelerator: Accelerator, proof: string): AcceleratorVerdict => ({
    accelerator,
    proof,
    probedAt: new Date(clock.now()).toISOString(),
  });

  const hardware = hardwareOf(platform);
  if (hardware === null)
    return verdict('tcg', `${platform} has no hardware virtualization for QEMU`);
  const obstacle = hardware === 'kvm' ? await kvmObstacle() : null;
  // Not kept: a device that appears, or a group that is joined, changes it at once.
  if (obstacle !== null) return verdict('tcg', obstacle);

  const key = await accelerationKey(qemu);
  const known = await readVerdict(cacheDir, key);
  if (known !== null) return known;

  const run = (accelerator: Accelerator, limitMs: number) =>
    runProbe(qemu, accelerator, { limitMs, clock });
  const emulated = await run('tcg', emulationLimitMs);
  const accelerated = await run(hardware, hardwareLimitMs(emulated.elapsedMs));
  const judgement = judge(hardware, accelerated, emulated);
  const fresh = verdict(judgement.accelerator, judgement.proof);
  await writeVerdict(cacheDir, key, fresh);
  return fresh;
}

function hardwareOf(platform: NodeJS.Platform): Accelerator | null {
  if (platform === 'linux') return 'kvm';
  if (platform === 'darwin') return 'hvf';
  return platform === 'win32' ? 'whpx' : null;
}

async function kvmObstacle(): Promise<string | null> {
  try {
    await access('/dev/kvm', constants.R_OK | constants.W_OK);
    return null;
  } catch (error) {
    return errnoOf(error) === 'ENOENT'
      ? 'there is no /dev/kvm: virtualization is off in the firmware, or the kernel module is missing'
      : '/dev/kvm may not be opened: add this user to the group kvm and sign in again';
  }
}

/** What takes longer than twice the emulation gains nothing, whatever the load of the moment. */
export function hardwareLimitMs(emulatedMs: number): number {
  return Math.min(Math.max(leastLimitMs, 2 * emulatedMs), mostLimitMs);
}

/** The choice between the two, and its reason. */
export function judge(
  hardware: Accelerator,
  accelerated: ProbeRun,
  emulated: ProbeRun,
): Pick<AcceleratorVerdict, 'accelerator' | 'proof'> {
  return {
    accelerator: accelerated.outcome === 'finished' ? hardware : 'tcg',
    proof: `${sentence(hardware, accelerated)}; ${sentence('tcg', emulated)}`,
  };
}

function sentence(accelerator: Accelerator, run: ProbeRun): string {
  const name = names[accelerator];
  const seconds = `${(run.elapsedMs / 1000).toFixed(1)} s`;
  if (run.outcome === 'finished') return `${name} ran the test guest in ${seconds}`;
  const how = run.outcome === 'stalled' ? `was given up after ${seconds}` : 'broke off';
  const passed = probeStages.filter(({ letter }) => run.reached.includes(letter));
  const stages = passed.length === 0 ? 'nothing' : passed.map(({ proves }) => proves).join(', ');
  const why = run.detail === '' ? '' : ` (${run.detail})`;
  return `${name} ${how}, having got through: ${stages}${why}`;
}
