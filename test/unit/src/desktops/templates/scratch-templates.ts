import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../../../../../src/contract/errors.ts';
import { checksumOf } from '../../../../../src/desktops/images/checksum.ts';
import type { StoredImage } from '../../../../../src/desktops/images/stored-image.ts';
import type { Capture } from '../../../../../src/desktops/templates/capture.ts';
import type { HostFacts } from '../../../../../src/desktops/templates/host-facts.ts';
import { TemplateKeeper } from '../../../../../src/desktops/templates/keeper.ts';
import type { Sealer } from '../../../../../src/desktops/templates/sealed-memory.ts';
import type { TemplateKind } from '../../../../../src/desktops/templates/template.ts';
import {
  type Foundation,
  templateFileNames,
  writeTemplateRecord,
} from '../../../../../src/desktops/templates/template-record.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';
import { registeredManifest } from '../images/manifests.ts';
import { scratchFolder } from '../scratch.ts';
import { silentLog } from '../silent-log.ts';

export const image: StoredImage = {
  dir: '/images/a',
  manifest: registeredManifest({ kind: 'built', name: 'a', ready: 'marker' }),
};

export const kind: TemplateKind = {
  image: 'a',
  engine: 'para',
  memoryMb: 64,
  cpus: 1,
  hasNetwork: false,
};

export const facts: HostFacts = {
  qemu: 'QEMU 7.2',
  accelerator: 'tcg',
  cpu: 'a processor',
  keyboard: 'us',
};

/** A template of four small files. */
export async function storeTemplate(
  root: string,
  foundation: Foundation,
  { created = '2026-01-01T00:00:00.000Z' } = {},
): Promise<string> {
  const id = randomUUID();
  const folder = join(root, id);
  await mkdir(folder, { recursive: true });
  for (const name of templateFileNames) await writeFile(join(folder, name), `${name} of ${id}`);
  const sum = (name: string) => checksumOf(join(folder, name));
  await writeTemplateRecord(folder, {
    version: 1,
    id,
    foundation,
    files: {
      memory: await sum('memory'),
      state: await sum('state'),
      'disk.qcow2': await sum('disk.qcow2'),
      'blank.qcow2': await sum('blank.qcow2'),
    },
    created,
  });
  return id;
}

/** Hands out numbers instead of memory, and keeps count of those that are open. */
export class FakeSealer implements Sealer {
  readonly open = new Set<number>();
  #last = 100;

  async seal(file: string) {
    const checksum = await checksumOf(file);
    const descriptor = ++this.#last;
    this.open.add(descriptor);
    return { descriptor, checksum, dispose: async () => void this.open.delete(descriptor) };
  }
}

/** A keeper on a folder of its own. The host and its images are what the test makes them. */
export async function scratchKeeper(
  options: { root?: string; capture?: Capture; inUse?: readonly string[] } = {},
) {
  const root = options.root ?? (await scratchFolder());
  const clock = new FakeClock();
  const sealer = new FakeSealer();
  const host = { facts, images: [image] };
  const orders: Foundation[] = [];
  const capture: Capture = async (order, progress) => {
    orders.push(order.foundation);
    return options.capture?.(order, progress) ?? storeTemplate(root, order.foundation);
  };
  const keeper = new TemplateKeeper({
    root,
    images: {
      find: async (name) => {
        const found = host.images.find(({ manifest }) =>
          [manifest.id, manifest.name].includes(name),
        );
        if (found === undefined) throw new CodedError('image-unknown', { detail: name });
        return found;
      },
    },
    capture,
    facts: async () => host.facts,
    sealer,
    inUse: async () => new Set(options.inUse),
    clock,
    log: silentLog,
  });
  return { keeper, root, clock, sealer, host, orders };
}
