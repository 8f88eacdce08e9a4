import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/contract/clock.ts';
import { defaultKeyboardLayout } from '../../src/contract/keyboard.ts';
import { bootOf } from '../../src/desktops/machine-boot.ts';
import { procTable } from '../../src/desktops/process-table.ts';
import { qemuArgs } from '../../src/desktops/qemu/args.ts';
import { connectWhenThere } from '../../src/desktops/qemu/connect.ts';
import { machinePaths } from '../../src/desktops/qemu/machine-paths.ts';
import { endQemu, spawnQemu } from '../../src/desktops/qemu/process.ts';
import { QmpClient } from '../../src/desktops/qemu/qmp.ts';
import { templateMac, templateSpec } from '../../src/desktops/templates/foundation.ts';
import type { ReadyTemplate, TemplateKind } from '../../src/desktops/templates/template.ts';
import { builtImages } from './templates-fixture.ts';

/** A guest on a template, as bare as can be: nobody tells it who it is. */
export type BareClone = {
  /** Resolves with how the loading ended. */
  restore(): Promise<string>;
  picture(): Promise<Buffer>;
  dispose(): Promise<void>;
};

export async function startClone(template: ReadyTemplate, kind: TemplateKind): Promise<BareClone> {
  const id = randomUUID();
  const folder = await mkdtemp(join(tmpdir(), 'clone-'));
  const paths = machinePaths({ dataDir: folder, runtimeDir: folder }, id);
  await mkdir(paths.folder, { recursive: true });
  await mkdir(paths.sockets, { recursive: true });
  await copyFile(template.blankOverlay, paths.disk);
  const image = await builtImages().find(kind.image);
  const args = qemuArgs({
    id,
    engine: kind.engine,
    accelerator: 'tcg',
    memoryMb: kind.memoryMb,
    cpus: kind.cpus,
    boot: bootOf(image, templateSpec(id, image.manifest.name, kind), defaultKeyboardLayout),
    memory: { kind: 'mapped', descriptor: 3 },
    incoming: true,
    network: kind.hasNetwork ? { mac: templateMac } : null,
    paths,
  });
  const state = await open(template.stateFile);
  const deps = { clock: systemClock, processes: procTable() };
  const descriptors = [template.memory, state.fd];
  const qemu = await spawnQemu(
    { qemu: 'qemu-system-x86_64', args, log: paths.qemuLog, descriptors },
    deps,
  );
  await state.close();
  const loaded = Promise.withResolvers<string>();
  const signal = AbortSignal.timeout(20_000);
  const qmp = await QmpClient.open(await connectWhenThere(paths.qmp, { ...deps, signal }), {
    ...deps,
    onEvent: ({ event, data }) => {
      if (event === 'MIGRATION' && /^(completed|failed)$/.test(data.status)) {
        loaded.resolve(data.status);
      }
    },
  });
  return {
    async restore() {
      const capabilities = (['events', 'x-ignore-shared'] as const).map((capability) => ({
        capability,
        state: true,
      }));
      await qmp.execute('migrate-set-capabilities', { capabilities });
      await qmp.execute('migrate-incoming', { uri: 'fd:4' });
      const end = await loaded.promise;
      await qmp.execute('cont', {});
      return end;
    },
    async picture() {
      const filename = join(paths.folder, 'picture.png');
      await qmp.execute('screendump', { filename, format: 'png' });
      return await readFile(filename);
    },
    async dispose() {
      await endQemu(qemu, () => qmp.execute('quit', {}), systemClock);
      qmp.dispose();
      qemu.dispose();
      await rm(folder, { recursive: true });
    },
  };
}
