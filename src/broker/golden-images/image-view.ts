import type { AuditParty } from '../../contract/audit.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Image } from '../../contract/image.ts';
import type { ImageLibrary } from '../../desktops/images/library.ts';
import { sizeOf, versionsOf } from '../../desktops/images/versions.ts';
import type { Database } from '../store/store.ts';
import { readDependents } from './dependents.ts';
import type { MasterRow } from './masters.ts';

type Deps = { db: Database; library: Pick<ImageLibrary, 'list' | 'versions'> };

/** All images with their versions and their masters, by name. Damaged ones are left out. */
export async function viewImages({ db, library }: Deps): Promise<Image[]> {
  const { images } = await library.list();
  const { disks } = await readDependents(db);
  const masters = await db.selectFrom('masters').selectAll().execute();
  const guests = await db
    .selectFrom('machines')
    .select('belongs_to')
    .where('purpose', '=', 'master')
    .execute();
  const running = new Set(guests.map(({ belongs_to }) => belongs_to));
  const names = [...new Set(images.map(({ manifest }) => manifest.name))].sort();
  return Promise.all(
    names.map(async (name) => {
      const versions = versionsOf(images, name);
      const currentId = await currentIdOf(library, name);
      const master = masters.find(({ image }) => image === name);
      return {
        name,
        title: versions[0]?.manifest.title ?? name,
        versions: versions.map(({ dir, manifest }) => ({
          version: manifest.imageVersion,
          kind: manifest.kind,
          created: manifest.created,
          notes: manifest.notes ?? '',
          bytes: sizeOf({ dir, manifest }),
          current: manifest.id === currentId,
          dependents: disks.get(manifest.id) ?? 0,
        })),
        master: master === undefined ? null : viewMaster(master, running.has(master.id)),
      };
    }),
  );
}

/** Null where the current version is damaged: the list is where to see which others there are. */
async function currentIdOf(library: Deps['library'], name: string): Promise<string | null> {
  try {
    return (await library.versions(name)).current.manifest.id;
  } catch (error) {
    if (error instanceof CodedError) return null;
    throw error;
  }
}

export function viewMaster(
  { id, image_version, started_at }: MasterRow,
  running: boolean,
): NonNullable<Image['master']> {
  return { id, basedOn: image_version, startedAt: new Date(started_at).toISOString(), running };
}

/** What the audit log calls it. */
export function partyOf(name: string): AuditParty {
  return { kind: 'image', id: name, name };
}
