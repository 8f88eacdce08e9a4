/** What `mmdebstrap --verbose` is at. `fraction` is of all that it does, 0 to 1. */
export type PackageStep = { fraction: number; message: string };

/**
 * mmdebstrap installs twice: the essential packages, then the rest. Each time apt says how many
 * they are, and then has one line for each package that is fetched, unpacked and set up.
 */
const rounds = [
  { from: 0.03, to: 0.3 },
  { from: 0.3, to: 0.92 },
] as const;

const signs = [
  { line: /^Get:\d+ \S+ \S+ \S+ (\S+)/, verb: 'Fetching' },
  { line: /^Unpacking ([^\s:]+)/, verb: 'Unpacking' },
  { line: /^Setting up ([^\s:]+)/, verb: 'Setting up' },
] as const;

/** Reads mmdebstrap's lines one by one; answers those that show a step. */
export class PackageProgress {
  #round = -1;
  #steps = 0;
  #stepsExpected = 0;

  read(line: string): PackageStep | null {
    const announced = /^\d+ upgraded, (\d+) newly installed/.exec(line);
    if (announced !== null) {
      this.#round += 1;
      this.#steps = 0;
      this.#stepsExpected = Number(announced[1]) * signs.length;
      return null;
    }
    if (line === 'I: running apt-get update...') {
      return { fraction: 0.01, message: 'Reading the package lists' };
    }
    if (line === 'I: creating tarball...') {
      return { fraction: 0.95, message: 'Packing the root archive' };
    }
    return this.#step(line);
  }

  #step(line: string): PackageStep | null {
    const round = rounds[this.#round];
    if (round === undefined) return null;
    for (const sign of signs) {
      const match = sign.line.exec(line);
      if (match === null) continue;
      this.#steps += 1;
      const within = Math.min(1, this.#steps / Math.max(1, this.#stepsExpected));
      return {
        fraction: round.from + (round.to - round.from) * within,
        message: `${sign.verb} ${match[1]}`,
      };
    }
    return null;
  }
}
