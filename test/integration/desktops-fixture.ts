import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Engine } from '../../src/contract/desktop.ts';
import type { DesktopSpec, Host, Machine } from '../../src/desktops/engine.ts';
import { createHost, type HostOptions } from '../../src/desktops/host.ts';
import type { ImageSource } from '../../src/desktops/image-source.ts';
import { checksumOf } from '../../src/desktops/images/checksum.ts';
import { ImageLibrary } from '../../src/desktops/images/library.ts';
import type { ImageManifest } from '../../src/desktops/images/manifest.ts';
import { writeManifest } from '../../src/desktops/images/stored-image.ts';
import { runTool } from '../../src/desktops/images/tools.ts';
import type { MachineState, MachineStateKind } from '../../src/desktops/machine-state.ts';
import { procTable } from '../../src/desktops/process-table.ts';
import { silentLog } from '../unit/src/desktops/silent-log.ts';

export const run = promisify(execFile);

/** An empty disk: its firmware paints "no bootable device" in a second, and that is all it does. */
export const emptyImage = 'empty-disk';
/** The same, but waited for by a line that it never writes. */
export const muteImage = 'mute-disk';
export const builtImage = 'porthole-desktop';

/** Folders of one host, and images for it; gone with `dispose`. */
export class Fixture {
  readonly folder: string;
  readonly dataDir: string;
  readonly runtimeDir: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.dataDir = join(folder, 'data');
    this.runtimeDir = join(folder, 'run');
  }

  static async make(): Promise<Fixture> {
    const fixture = new Fixture(await mkdtemp(join(tmpdir(), 'desktops-')));
    await makeEmptyImage(fixture.#imageRoot, emptyImage, 'first-frame');
    await makeEmptyImage(fixture.#imageRoot, muteImage, 'marker');
    return fixture;
  }

  /** For a process that shares the folders of another. */
  static at(folder: string): Fixture {
    return new Fixture(folder);
  }

  host(options: Partial<HostOptions> = {}): Promise<Host> {
    return createHost({
      dataDir: this.dataDir,
      runtimeDir: this.runtimeDir,
      images: this.images,
      qemu: 'qemu-system-x86_64',
      accelerator: 'tcg',
      log: silentLog,
      // A boot takes ten seconds, and many times that on a machine that is busy with other tests.
      bootTimeoutMs: 110_000,
      ...options,
    });
  }

  /** The test's own images, and those that the set-up has built on this machine. */
  get images(): ImageSource {
    const own = library(this.#imageRoot);
    const built = library(join(cacheFolder(), 'images'));
    return {
      find: (name) => (name === builtImage ? built : own).find(name),
      createOverlay: (image, path, signal) => own.createOverlay(image, path, signal),
    };
  }

  /** Processes and files that hold on to something of a machine. Logs do not count. */
  async held(): Promise<string[]> {
    const processes = (await procTable().all())
      .filter(({ argv }) => argv.some((arg) => arg.includes(this.dataDir)))
      .filter(({ argv }) => argv[0]?.includes('qemu'))
      .map(({ pid }) => `process ${pid}`);
    const sockets = await readdir(this.runtimeDir).catch(() => []);
    const files = await readdir(join(this.dataDir, 'machines'), { recursive: true }).catch(
      () => [],
    );
    return [
      ...processes,
      ...sockets,
      ...files.filter((file) => file.includes('/') && !/\.(log|damaged)$/.test(file)),
    ];
  }

  async dispose(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  get #imageRoot(): string {
    return join(this.folder, 'images');
  }
}

function library(root: string): ImageLibrary {
  return new ImageLibrary({ root, run: runTool, now: Date.now });
}

function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'porthole');
}

async function makeEmptyImage(
  root: string,
  name: string,
  ready: ImageManifest['ready'],
): Promise<void> {
  const id = randomUUID();
  const dir = join(root, id);
  await mkdir(dir, { recursive: true });
  const disk = join(dir, 'disk.qcow2');
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', disk, '16M']);
  await writeManifest(dir, {
    version: 1,
    id,
    name,
    title: name,
    kind: 'registered',
    boot: { kind: 'disk' },
    disk: { file: 'disk.qcow2', format: 'qcow2' },
    ready,
    files: { 'disk.qcow2': await checksumOf(disk) },
    created: '2026-01-01T00:00:00Z',
  });
}

export function spec(image: string, engine: Engine = 'para'): DesktopSpec {
  return { id: randomUUID(), image, engine, memoryMb: image === builtImage ? 512 : 64, cpus: 1 };
}

/** The state of this kind, once the machine is there; fails if it ends elsewhere. */
export function reaches<K extends MachineStateKind>(
  machine: Machine,
  kind: K,
): Promise<Extract<MachineState, { kind: K }>> {
  return new Promise((resolve, reject) => {
    const check = (state: MachineState): boolean => {
      // The comparison proves the kind, which the compiler cannot carry over to the type parameter.
      if (state.kind === kind) resolve(state as Extract<MachineState, { kind: K }>);
      else if (state.kind === 'stopped' || state.kind === 'failed') {
        reject(new Error(`ended as ${JSON.stringify(state)}`));
      } else return false;
      return true;
    };
    if (check(machine.state)) return;
    const subscription = machine.onChange((state) => {
      if (check(state)) subscription.dispose();
    });
  });
}
