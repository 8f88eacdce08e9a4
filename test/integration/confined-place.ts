import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Confinement, Reach } from '../../src/desktops/confinement/confinement.ts';
import { createConfinement } from '../../src/desktops/confinement/create-confinement.ts';

/** Of the host, with the programs that it has. */
export function confinementFor(uid: number): Confinement {
  return createConfinement({
    uid,
    platform: process.platform,
    searchPath: process.env.PATH ?? '',
  });
}

/** Where a broker of this user keeps its machines and starts their commands. */
export class ConfinedPlace {
  readonly folder: string;
  readonly #uid: number;
  readonly #confinement: Confinement;

  constructor(folder: string, uid: number, confinement = confinementFor(uid)) {
    this.folder = folder;
    this.#uid = uid;
    this.#confinement = confinement;
  }

  /** The reach of a machine with a folder of its own. */
  async reach(machineId: string): Promise<Reach> {
    const home = join(this.folder, `${machineId}-${this.#uid}`);
    if ((await mkdir(home, { recursive: true, mode: 0o700 })) !== undefined) await this.own(home);
    return { machineId, writable: [home], readable: [], devices: [], proxySocket: null };
  }

  /** Makes it the broker's. */
  async own(path: string): Promise<void> {
    if (this.#uid !== process.getuid?.()) await chown(path, this.#uid, this.#uid);
  }

  async spawn(
    program: string,
    args: readonly string[],
    reach: Reach,
    descriptors: readonly number[] = [],
  ): Promise<ChildProcess> {
    const command = await this.#confinement.wrap({ program, args }, reach);
    const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', ...descriptors];
    const own = this.#uid === process.getuid?.() ? {} : { uid: this.#uid, gid: this.#uid };
    return spawn(command.program, command.args, { detached: true, stdio, ...own });
  }

  start(script: string, reach: Reach, descriptors: readonly number[] = []): Promise<ChildProcess> {
    return this.spawn('sh', ['-c', script], reach, descriptors);
  }

  /** Runs a script to its end. */
  async sh(
    script: string,
    reach: Reach,
    descriptors: readonly number[] = [],
  ): Promise<{ stdout: string; stderr: string; code: number | null }> {
    const child = await this.start(script, reach, descriptors);
    const { stdout, stderr } = child;
    if (stdout === null || stderr === null) throw new Error('there are pipes');
    const closed = once(child, 'close');
    const [said, complained] = await Promise.all([text(stdout), text(stderr)]);
    await closed;
    return { stdout: said, stderr: complained, code: child.exitCode };
  }
}
