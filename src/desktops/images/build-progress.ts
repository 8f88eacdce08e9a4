/** Stages of a build in their order, each with its share of the time, as measured. */
const shares = {
  packages: 0.82,
  unpack: 0.05,
  filesystem: 0.06,
  disk: 0.03,
  checksums: 0.04,
} as const;

type BuildStage = keyof typeof shares;

/** How far a build has come: `fraction` is of the whole and only grows, from 0 to 1. */
export type BuildProgress = { stage: BuildStage; fraction: number; message: string };

/** Turns how far each stage has come, 0 to 1, into how far the whole has. */
export class BuildMeter {
  readonly #listener: (progress: BuildProgress) => void;
  #fraction = 0;

  constructor(listener: (progress: BuildProgress) => void) {
    this.#listener = listener;
  }

  report(stage: BuildStage, withinStage: number, message: string): void {
    const fraction = before(stage) + shares[stage] * Math.min(1, withinStage);
    this.#fraction = Math.min(1, Math.max(this.#fraction, fraction));
    this.#listener({ stage, fraction: this.#fraction, message });
  }
}

function before(stage: BuildStage): number {
  let sum = 0;
  for (const [name, share] of Object.entries(shares)) {
    if (name === stage) break;
    sum += share;
  }
  return sum;
}
