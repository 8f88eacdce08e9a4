import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/contract/clock.ts';
import { defaultKeyboardLayout } from '../../src/contract/keyboard.ts';
import { createConfinement } from '../../src/desktops/confinement/create-confinement.ts';
import { ImageLibrary } from '../../src/desktops/images/library.ts';
import { runTool } from '../../src/desktops/images/tools.ts';
import type { Log } from '../../src/desktops/log.ts';
import { procTable } from '../../src/desktops/process-table.ts';
import { createTemplates } from '../../src/desktops/templates/create-templates.ts';
import type { TemplateKind, Templates } from '../../src/desktops/templates/template.ts';
import { silentLog } from '../unit/src/desktops/silent-log.ts';

export const kind: TemplateKind = {
  image: 'porthole-desktop',
  engine: 'para',
  memoryMb: 384,
  cpus: 1,
  hasNetwork: false,
};

type OpenOptions = { log?: Log; inUse?: readonly string[]; settleTimeoutMs?: number };

/** Folders of the templates of a test. */
export class TemplatesPlace {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<TemplatesPlace> {
    return new TemplatesPlace(await mkdtemp(join(tmpdir(), 'templates-')));
  }

  /** For a process that shares the folders of another. */
  static at(folder: string): TemplatesPlace {
    return new TemplatesPlace(folder);
  }

  get root(): string {
    return join(this.folder, 'cache/templates');
  }

  /** As a broker opens them that starts now. */
  open(options: OpenOptions = {}): Promise<Templates> {
    const searchPath = process.env.PATH ?? '';
    return createTemplates({
      cacheDir: join(this.folder, 'cache'),
      runtimeDir: join(this.folder, 'run'),
      images: builtImages(),
      confinement: createConfinement({
        uid: process.getuid?.() ?? null,
        platform: process.platform,
        searchPath,
      }),
      run: runTool,
      qemu: 'qemu-system-x86_64',
      accelerator: 'tcg',
      keyboard: defaultKeyboardLayout,
      searchPath,
      bootTimeoutMs: 110_000,
      ...(options.settleTimeoutMs === undefined
        ? {}
        : { settleTimeoutMs: options.settleTimeoutMs }),
      clock: systemClock,
      log: options.log ?? silentLog,
      processes: procTable(),
      inUse: async () => new Set(options.inUse),
    });
  }

  async dispose(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Those that the set-up has built on this machine. */
export function builtImages(): ImageLibrary {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'porthole');
  return new ImageLibrary({ root: join(cache, 'images'), run: runTool, now: Date.now });
}
