import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '../../src/contract/clock.ts';
import type { Engine } from '../../src/contract/desktop.ts';
import { defaultKeyboardLayout } from '../../src/contract/keyboard.ts';
import { defaultAdmissionPolicy } from '../../src/desktops/accounting/admission-policy.ts';
import { createAccountant, figuresHere } from '../../src/desktops/accounting/create-accountant.ts';
import { createLimits } from '../../src/desktops/accounting/create-limits.ts';
import { createConfinement } from '../../src/desktops/confinement/create-confinement.ts';
import type { Host, Machine, MachineSpec } from '../../src/desktops/engine.ts';
import { createHost, type HostOptions } from '../../src/desktops/host.ts';
import type { ImageSource } from '../../src/desktops/image-source.ts';
import { checksumOf } from '../../src/desktops/images/checksum.ts';
import { ImageLibrary } from '../../src/desktops/images/library.ts';
import type { ImageManifest } from '../../src/desktops/images/manifest.ts';
import { writeManifest } from '../../src/desktops/images/stored-image.ts';
import { runTool } from '../../src/desktops/images/tools.ts';
import type { MachineState, MachineStateKind } from '../../src/desktops/machine-state.ts';
import { createNetworks } from '../../src/desktops/network/create-networks.ts';
import { createOsLevelDriver } from '../../src/desktops/os-level/driver.ts';
import { procTable } from '../../src/desktops/process-table.ts';
import { createTemplates } from '../../src/desktops/templates/create-templates.ts';
import type { Templates } from '../../src/desktops/templates/template.ts';
import { templatesInUse } from '../../src/desktops/templates-in-use.ts';
import { silentLog } from '../unit/src/desktops/silent-log.ts';

export const run = promisify(execFile);

/** An empty disk: its firmware paints "no bootable device" in a second, and that is all it does. */
export const emptyImage = 'empty-disk';
/** The same, but waited for by a line that it never writes. */
export const muteImage = 'mute-disk';
export const builtImage = 'porthole-desktop';

export type FixtureOptions = Partial<HostOptions> & { changeTemplates?: Partial<Templates> };

/** Folders of one host, and images for it; gone with `dispose`. */
export class Fixture {
  readonly folder: string;
  readonly dataDir: string;
  readonly runtimeDir: string;
  /** Where templates are kept. */
  readonly cacheDir: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.dataDir = join(folder, 'data');
    this.runtimeDir = join(folder, 'run');
    this.cacheDir = join(folder, 'cache');
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

  /** With all that a host is made of; what `options` has is in its place. */
  async host({ changeTemplates, ...options }: FixtureOptions = {}): Promise<Host> {
    const { dataDir, runtimeDir, images } = this;
    const { log = silentLog } = options;
    const [clock, processes, searchPath] = [systemClock, procTable(), process.env.PATH ?? ''];
    const [qemu, accelerator] = ['qemu-system-x86_64', 'tcg'] as const;
    const { keyboard = defaultKeyboardLayout } = options;
    // A full host is not what is tested here, and this machine may have two processors.
    const policy = { ...defaultAdmissionPolicy, overcommit: { memory: 4, cpu: 64 } };
    // A boot takes ten seconds, and many times that on a machine that is busy with other tests.
    const bootTimeoutMs = 110_000;
    const { platform, arch } = process;
    const uid = process.getuid?.() ?? null;
    const confinement = createConfinement({ uid, platform, searchPath });
    const limits = await createLimits({ clock, log });
    const own = {
      ...{ clock, log, processes, confinement, images, bootTimeoutMs },
      ...{ qemu, accelerator, keyboard },
    };
    const networks = createNetworks({ clock, log, onRefused: () => undefined });
    const accountant = await createAccountant({
      ...{ figures: figuresHere(this.folder, networks.trafficOf), policy },
      ...{ accelerator, limits: limits.how, clock, log },
    });
    const templates = await createTemplates({
      ...own,
      ...{ cacheDir: this.cacheDir, runtimeDir, run: runTool, searchPath },
      inUse: () => templatesInUse(this),
    });
    const host = await createHost({
      ...{ ...own, dataDir, runtimeDir, accountant, limits, networks },
      templates: { ...wholeOf(templates), ...changeTemplates },
      osLevel: createOsLevelDriver({ ...own, arch }),
      ...options,
    });
    const parts = [templates, accountant, networks];
    const shutDown: Host['shutDown'] = async (how) => {
      await host.shutDown(how);
      for (const part of parts.splice(0)) await part.dispose();
    };
    return {
      start: (wanted) => host.start(wanted),
      find: (id) => host.find(id),
      machines: () => host.machines(),
      adopt: (claimed) => host.adopt(claimed),
      prepareTemplate: (kind) => host.prepareTemplate(kind),
      pruneTemplates: () => host.pruneTemplates(),
      usage: () => host.usage(),
      shutDown,
      dispose: () => shutDown('stop'),
    };
  }

  /** The test's own images, and those that the set-up has built on this machine. */
  get images(): ImageSource {
    const own = library(this.#imageRoot);
    const built = library(join(cacheFolder(), 'images'));
    return {
      // Images are looked for by their ids as well.
      find: (name) => own.find(name).catch(() => built.find(name)),
      createOverlay: (image, path, signal) => own.createOverlay(image, path, signal),
    };
  }

  /** Processes and files that hold on to something of a machine. Logs do not count. */
  async held(): Promise<string[]> {
    const processes = (await procTable().all())
      .filter(({ argv }) => argv.some((arg) => arg.includes(this.dataDir)))
      .filter(({ argv }) => /qemu|bwrap/.test(argv[0] ?? ''))
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

/** Its methods as properties, some of which can be replaced. */
function wholeOf(templates: Templates): Templates {
  return {
    find: (kind) => templates.find(kind),
    prepare: (kind) => templates.prepare(kind),
    state: (kind) => templates.state(kind),
    readFiles: (id) => templates.readFiles(id),
    prune: () => templates.prune(),
    dispose: () => templates.dispose(),
  };
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

/** A machine that boots; see MachineSpec. */
export function spec(image: string, engine: Engine = 'para'): MachineSpec {
  const id = randomUUID();
  return {
    ...{ id, image, engine, memoryMb: image === builtImage ? 384 : 64, cpus: 1, cpuWeight: 100 },
    hostname: `desk-${id.slice(0, 8)}`,
    network: { kind: 'none' },
    disk: { kind: 'fresh' },
    clone: false,
    homeMb: 64,
  };
}

/** A clone of the built image, where there is a template, that may reach one server. */
export function networkedClone(): MachineSpec {
  const destinations = ['intranet.example:443'];
  return { ...spec(builtImage), clone: true, network: { kind: 'allowed', destinations } };
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
