import { createHash } from 'node:crypto';
import type { MachineSpec } from '../engine.ts';
import type { StoredImage } from '../images/stored-image.ts';
import { bootOf } from '../machine-boot.ts';
import { qemuArgs } from '../qemu/args.ts';
import { machinePaths } from '../qemu/machine-paths.ts';
import type { HostFacts } from './host-facts.ts';
import type { TemplateKind } from './template.ts';
import type { Foundation } from './template-record.ts';

/** A card is at the same place in each clone; its address is given to a clone by and by. */
export const templateMac = '52:54:00:00:00:01';

/** The machine that becomes a template. It is shown the name of its image, as its clones are. */
export function templateSpec(id: string, image: string, kind: TemplateKind): MachineSpec {
  return {
    id,
    image,
    engine: kind.engine,
    memoryMb: kind.memoryMb,
    cpus: kind.cpus,
    hostname: 'template',
    cpuWeight: 100,
    // A card that leads nowhere.
    network: kind.hasNetwork ? { kind: 'allowed', destinations: [] } : { kind: 'none' },
    disk: { kind: 'fresh' },
    clone: false,
    homeMb: 0,
  };
}

/** What a template of this kind is founded on, here and now. */
export function foundationOf(kind: TemplateKind, image: StoredImage, facts: HostFacts): Foundation {
  const { manifest } = image;
  return {
    engine: kind.engine,
    memoryMb: kind.memoryMb,
    cpus: kind.cpus,
    hasNetwork: kind.hasNetwork,
    image: manifest.id,
    disk: manifest.files[manifest.disk.file]?.sha256 ?? '',
    ...facts,
    commandLine: commandLineDigest(kind, image, facts),
  };
}

/** Whether they are of one kind: made to serve the same clones. */
export function isSameKind(one: Foundation, other: Foundation): boolean {
  return kindKey(one) === kindKey(other);
}

/** For maps. */
export function kindKey({ engine, memoryMb, cpus, hasNetwork, image }: Foundation): string {
  return [image, engine, memoryMb, cpus, hasNetwork].join(' ');
}

/** Why what was made on the one foundation is not used on the other, or null where it may be. */
export function misfit(made: Foundation, now: Foundation): string | null {
  if (made.image !== now.image || made.disk !== now.disk) return 'it was made of another image';
  if (made.qemu !== now.qemu) return `it was made with another QEMU: ${made.qemu}`;
  if (made.cpu !== now.cpu) return `it was made on another processor: ${made.cpu}`;
  if (made.accelerator !== now.accelerator) return `it was made with ${made.accelerator}`;
  if (made.keyboard !== now.keyboard) return `it was made with the keyboard ${made.keyboard}`;
  if (made.commandLine !== now.commandLine) return 'machines were put together otherwise then';
  return isSameKind(made, now) ? null : 'it is a template of another kind of machine';
}

/** A new version of Porthole may put machines together in another way. */
function commandLineDigest(kind: TemplateKind, image: StoredImage, facts: HostFacts): string {
  const id = '00000000-0000-4000-8000-000000000000';
  const args = qemuArgs({
    id,
    engine: kind.engine,
    accelerator: facts.accelerator,
    memoryMb: kind.memoryMb,
    cpus: kind.cpus,
    boot: bootOf(
      { ...image, dir: '/' },
      templateSpec(id, image.manifest.name, kind),
      facts.keyboard,
    ),
    memory: { kind: 'captured', file: '/memory' },
    incoming: false,
    network: kind.hasNetwork ? { mac: templateMac } : null,
    paths: machinePaths({ dataDir: '/data', runtimeDir: '/run' }, id),
  });
  return createHash('sha256').update(args.join('\0')).digest('hex');
}
