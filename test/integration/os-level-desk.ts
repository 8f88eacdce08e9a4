import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/contract/clock.ts';
import { createConfinement } from '../../src/desktops/confinement/create-confinement.ts';
import type { Driver, Guest, GuestEvent } from '../../src/desktops/driver.ts';
import type { MachineSpec } from '../../src/desktops/engine.ts';
import { ImageLibrary } from '../../src/desktops/images/library.ts';
import { readyMarker } from '../../src/desktops/images/manifest.ts';
import { runTool } from '../../src/desktops/images/tools.ts';
import { createOsLevelDriver } from '../../src/desktops/os-level/driver.ts';
import { procTable } from '../../src/desktops/process-table.ts';
import { tryToConnect } from '../../src/desktops/qemu/connect.ts';
import { GuestAgentClient } from '../../src/desktops/qemu/guest-agent.ts';
import { type MachinePaths, machinePaths } from '../../src/desktops/qemu/machine-paths.ts';
import { until } from '../fakes/until.ts';

/** A driver on the built image of this machine, and folders for its desktops. */
export class Desks {
  readonly folder: string;
  readonly driver: Driver;
  readonly #confinement = createConfinement({
    uid: process.getuid?.() ?? null,
    platform: process.platform,
    searchPath: process.env.PATH ?? '',
  });
  readonly #open: Desk[] = [];

  private constructor(folder: string) {
    this.folder = folder;
    const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
    const root = join(cache, 'porthole/images');
    this.driver = createOsLevelDriver({
      clock: systemClock,
      processes: procTable(),
      images: new ImageLibrary({ root, run: runTool, now: Date.now }),
      confinement: this.#confinement,
      arch: process.arch,
    });
  }

  static async make(): Promise<Desks> {
    return new Desks(await mkdtemp(join(tmpdir(), 'os-level-')));
  }

  /** A desktop that is painted. `prepare` makes what is there before it begins. */
  async start(
    changes: Partial<MachineSpec> = {},
    prepare: (paths: MachinePaths) => Promise<unknown> = async () => undefined,
  ): Promise<Desk> {
    const spec: MachineSpec = {
      id: randomUUID(),
      image: 'porthole-desktop',
      engine: 'os-level',
      memoryMb: 256,
      cpus: 1,
      hostname: 'desk',
      cpuWeight: 100,
      network: { kind: 'none' },
      disk: { kind: 'fresh' },
      clone: false,
      homeMb: 32,
      ...changes,
    };
    const paths = machinePaths(
      { dataDir: join(this.folder, 'd'), runtimeDir: join(this.folder, 'r') },
      spec.id,
    );
    for (const folder of [paths.folder, paths.sockets]) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
    }
    await writeFile(paths.consoleLog, '');
    await prepare(paths);
    const { signal } = new AbortController();
    const beginning = await this.driver.begin(spec, paths, signal);
    const desk = new Desk(spec, paths, await beginning.spawn());
    this.#open.push(desk);
    await desk.control();
    return desk;
  }

  async dispose(): Promise<void> {
    for (const desk of this.#open) {
      await desk.end();
      await this.#confinement.release(desk.spec.id);
    }
    await rm(this.folder, { recursive: true });
  }
}

export class Desk {
  readonly spec: MachineSpec;
  readonly paths: MachinePaths;
  readonly guest: Guest;
  readonly agent: GuestAgentClient;
  readonly events: GuestEvent[] = [];

  constructor(spec: MachineSpec, paths: MachinePaths, guest: Guest) {
    this.spec = spec;
    this.paths = paths;
    this.guest = guest;
    this.agent = new GuestAgentClient({
      clock: systemClock,
      connect: async () => {
        const socket = await tryToConnect(paths.agent);
        if (socket === null) throw new Error('there is no agent');
        return socket;
      },
    });
  }

  async control(): Promise<void> {
    const { signal } = new AbortController();
    const lost = this.guest.lost.then((reason) => Promise.reject(new Error(reason)));
    lost.catch(() => undefined);
    const control = this.guest.takeControl({ timeoutMs: 20_000, signal }, (event) => {
      this.events.push(event);
    });
    await Promise.race([control, lost]);
    const isReady = async () => (await this.console()).includes(readyMarker);
    await Promise.race([until('the desktop is painted', isReady, 20_000), lost]);
  }

  console(): Promise<string> {
    return readFile(this.paths.consoleLog, 'utf8');
  }

  /** What a shell inside says to standard output and error. */
  async sh(script: string): Promise<{ exitCode: number | null; said: string }> {
    const { exitCode, stdout, stderr } = await this.agent.run(['/bin/sh', '-c', script]);
    return { exitCode, said: `${stdout}${stderr}`.trim() };
  }

  viewer(): Promise<Viewer> {
    return Viewer.connect(this.paths.rfb);
  }

  async end(): Promise<void> {
    await this.agent.dispose();
    await this.guest.end();
  }
}

/** As much of an RFB client as sends keys and a size (RFC 6143; SetDesktopSize of rfbproto). */
export class Viewer {
  readonly #socket: Socket;

  static async connect(path: string): Promise<Viewer> {
    const socket = createConnection(path);
    // Version, security type, shared: sent ahead of what the server says, which is known.
    socket.write('RFB 003.008\n');
    socket.write(Buffer.from([1, 1]));
    const extendedDesktopSize = Buffer.alloc(12);
    extendedDesktopSize.writeUInt8(2, 0);
    extendedDesktopSize.writeUInt16BE(2, 2);
    extendedDesktopSize.writeInt32BE(-308, 8);
    socket.write(extendedDesktopSize);
    await new Promise((resolve, reject) => {
      socket.once('data', resolve);
      socket.once('error', reject);
    });
    socket.resume();
    return new Viewer(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Keysyms that are held together. */
  press(...keysyms: number[]): void {
    for (const keysym of keysyms) this.#key(keysym, true);
    for (const keysym of keysyms.toReversed()) this.#key(keysym, false);
  }

  /** Latin-1, whose keysyms are its codes; a line break is Return. */
  type(text: string): void {
    for (const letter of text) this.press(letter === '\n' ? 0xff0d : (letter.codePointAt(0) ?? 0));
  }

  resize(width: number, height: number): void {
    const message = Buffer.alloc(24);
    message.writeUInt8(251, 0);
    message.writeUInt16BE(width, 2);
    message.writeUInt16BE(height, 4);
    message.writeUInt8(1, 6);
    message.writeUInt16BE(width, 16);
    message.writeUInt16BE(height, 18);
    this.#socket.write(message);
  }

  close(): void {
    this.#socket.destroy();
  }

  #key(keysym: number, down: boolean): void {
    const message = Buffer.alloc(8);
    message.writeUInt8(4, 0);
    message.writeUInt8(down ? 1 : 0, 1);
    message.writeUInt32BE(keysym, 4);
    this.#socket.write(message);
  }
}
