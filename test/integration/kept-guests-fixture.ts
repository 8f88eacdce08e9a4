import { cp, link, mkdir, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createAuditLog } from '../../src/broker/audit/audit-log.ts';
import { createDiskFiles } from '../../src/broker/disks/disk-files.ts';
import { openStore, type Store } from '../../src/broker/store/store.ts';
import { createVirtualization, type Virtualization } from '../../src/broker/virtualization.ts';
import { systemClock } from '../../src/contract/clock.ts';
import { permissionSchema } from '../../src/contract/permissions.ts';
import type { Host } from '../../src/desktops/engine.ts';
import { ImageLibrary } from '../../src/desktops/images/library.ts';
import { runTool } from '../../src/desktops/images/tools.ts';
import { builtImage, Fixture } from './desktops-fixture.ts';

/** Users are not tested here. */
const noSessions = {
  claims: async () => new Set<string>(),
  restore: async () => new Set<string>(),
};

/** What a broker has of guests that are kept, on a host of its own with images of its own. */
export class KeptGuests {
  readonly fixture: Fixture;
  readonly library: ImageLibrary;
  readonly faults: unknown[] = [];
  readonly #store: Store;
  #host: Host | null = null;
  #virtualization: Virtualization | null = null;

  private constructor(fixture: Fixture, library: ImageLibrary, store: Store) {
    this.fixture = fixture;
    this.library = library;
    this.#store = store;
  }

  static async start(): Promise<KeptGuests> {
    const fixture = await Fixture.make();
    await linkBuiltImage(imagesOf(fixture));
    return KeptGuests.at(fixture);
  }

  /** With the folders of another, which has ended. */
  static async at(fixture: Fixture): Promise<KeptGuests> {
    const library = new ImageLibrary({ root: imagesOf(fixture), run: runTool, now: Date.now });
    const store = await openStore({ dataDir: fixture.dataDir });
    const guests = new KeptGuests(fixture, library, store);
    await guests.startBroker();
    return guests;
  }

  get host(): Host {
    if (this.#host === null) throw new Error('no broker runs');
    return this.#host;
  }
  get virtualization(): Virtualization {
    if (this.#virtualization === null) throw new Error('no broker runs');
    return this.#virtualization;
  }

  /** Another broker takes over what the one before has left. */
  async startBroker(): Promise<void> {
    const { db } = this.#store;
    const clock = systemClock;
    this.#host = await this.fixture.host({ images: this.library });
    this.#virtualization = createVirtualization({
      db,
      clock,
      host: this.#host,
      audit: createAuditLog({ db, clock }),
      images: this.library,
      files: createDiskFiles(this.fixture.dataDir),
      hasRoom: () => true,
      permissionsOf: async () => new Set(permissionSchema.options),
      onFault: (error) => void this.faults.push(error),
    });
    await this.virtualization.takeOver(noSessions);
  }

  async endBroker(how: 'stop' | 'leave'): Promise<void> {
    await this.virtualization.hostFigures.dispose();
    await this.virtualization.close(how);
    await this.host.shutDown(how);
    this.#virtualization = null;
    this.#host = null;
  }

  async dispose(): Promise<void> {
    if (this.#host !== null) await this.endBroker('stop');
    await this.#store.close();
    await this.fixture.dispose();
  }
}

function imagesOf({ folder }: Fixture): string {
  return join(folder, 'images');
}

/** Versions of it that tests publish are theirs alone. */
async function linkBuiltImage(root: string): Promise<void> {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const images = join(cache, 'porthole/images');
  const built = new ImageLibrary({ root: images, run: runTool, now: Date.now });
  const { dir, manifest } = await built.find(builtImage);
  const target = join(root, manifest.id);
  await mkdir(target, { recursive: true });
  for (const name of await readdir(dir)) {
    if (name === 'root') continue; // os-level desktops are not tested here
    await link(join(dir, name), join(target, name)).catch(() =>
      cp(join(dir, name), join(target, name)),
    );
  }
}
