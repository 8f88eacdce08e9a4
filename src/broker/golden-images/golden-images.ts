import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { Clock } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Image, ImageVersion, masterSchema } from '../../contract/image.ts';
import type { Freed } from '../../contract/pool.ts';
import type { ImageLibrary } from '../../desktops/images/library.ts';
import { sizeOf, versionOf } from '../../desktops/images/versions.ts';
import { doneBy } from '../access/audit-entry.ts';
import type { Actor } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { conflict } from '../conflict.ts';
import type { DiskFiles } from '../disks/disk-files.ts';
import { noteRemoved } from '../disks/removed-disks.ts';
import { isDuplicate } from '../store/duplicate.ts';
import type { Database } from '../store/store.ts';
import { readDependents } from './dependents.ts';
import { markNeededImages } from './image-keeper.ts';
import { partyOf, viewImages, viewMaster } from './image-view.ts';
import type { MasterControl } from './master-control.ts';
import type { MasterRow } from './masters.ts';

type Master = z.output<typeof masterSchema>;

export type PublishHow = { notes: string; onProgress?: (fraction: number) => void };

/** The images that desktops are made of, and their versions. */
export type GoldenImages = {
  /** By name. */
  list(): Promise<Image[]>;
  /** @throws image-unknown, image-damaged; change-conflict where it is open already */
  open(name: string, by: Actor): Promise<Master>;
  /** @throws not-found; change-conflict where nothing was changed; as ImageLibrary.publish does */
  publish(name: string, how: PublishHow, by: Actor): Promise<ImageVersion>;
  /** @throws not-found */
  discard(name: string, by: Actor): Promise<void>;
  /** @throws image-unknown */
  choose(name: string, version: number, by: Actor): Promise<Image>;
  /** @throws image-unknown; change-conflict for one that is current or needed */
  removeVersion(name: string, version: number, by: Actor): Promise<Freed>;
};

export type GoldenImagesDeps = {
  db: Database;
  clock: Clock;
  audit: Pick<AuditLog, 'append'>;
  library: ImageLibrary;
  files: DiskFiles;
  control: MasterControl;
  /** Templates of it are of no use any more. */
  onVersionRemoved(): void;
};

export function createGoldenImages(deps: GoldenImagesDeps): GoldenImages {
  const { db, clock, audit, library, files, control, onVersionRemoved } = deps;

  async function masterOf(name: string): Promise<MasterRow> {
    const row = await db
      .selectFrom('masters')
      .selectAll()
      .where('image', '=', name)
      .executeTakeFirst();
    if (row === undefined) throw new CodedError('not-found', { detail: `master of ${name}` });
    return row;
  }

  async function viewOf(name: string): Promise<Image> {
    const image = (await viewImages(deps)).find((each) => each.name === name);
    if (image === undefined) throw new CodedError('image-unknown', { detail: name });
    return image;
  }

  /** With the audit entry of what became of it. */
  async function forget(master: MasterRow, entry: Parameters<AuditLog['append']>[0]) {
    await db.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('masters').where('id', '=', master.id).execute();
      await noteRemoved(transaction, [{ id: master.id, kind: 'disk' }], clock.now());
      await audit.append(entry, transaction);
    });
    await files.remove(files.disk(master.id));
  }

  /** @throws change-conflict where something of this broker, or of another, needs it */
  async function assertUnneeded(id: string, version: number): Promise<void> {
    const { disks, inUse } = await readDependents(db);
    const count = disks.get(id) ?? 0;
    if (count > 0) throw conflict(`disks that lie on version ${version}: ${count}`);
    if (inUse.has(id)) throw conflict(`desktops run on version ${version}`);
  }

  return {
    list: () => viewImages(deps),

    open: async (name, by) => {
      const { manifest } = await library.find(name);
      const { id: image_id, imageVersion: image_version } = manifest;
      const started_at = clock.now();
      const row = { id: randomUUID(), image: manifest.name, image_id, image_version, started_at };
      try {
        await db.transaction().execute(async (transaction) => {
          await transaction.insertInto('masters').values(row).execute();
          const detail = { version: image_version };
          await audit.append(
            doneBy(by, 'image.master-opened', partyOf(row.image), detail),
            transaction,
          );
        });
      } catch (error) {
        if (!isDuplicate(error)) throw error;
        throw new CodedError('change-conflict', { detail: 'its master is open', cause: error });
      }
      return viewMaster(row, false);
    },

    publish: async (name, { notes, onProgress }, by) => {
      const master = await masterOf(name);
      return control.withDisk(master.id, async () => {
        const overlay = files.disk(master.id);
        if (!(await files.exists(overlay))) throw conflict('nothing was changed in its master');
        const order = { parent: master.image_id, overlay, notes };
        const { manifest } = await library.publish(order, { onProgress });
        const detail = { version: manifest.imageVersion, basedOn: master.image_version, notes };
        await forget(master, doneBy(by, 'image.published', partyOf(name), detail));
        const version = manifest.imageVersion;
        const { versions } = await viewOf(name);
        const published = versions.find((each) => each.version === version);
        if (published === undefined) throw new CodedError('image-unknown', { detail: name });
        return published;
      });
    },

    discard: async (name, by) => {
      const master = await masterOf(name);
      const detail = { version: master.image_version };
      await control.withDisk(master.id, () =>
        forget(master, doneBy(by, 'image.master-discarded', partyOf(name), detail)),
      );
    },

    choose: async (name, version, by) => {
      await library.choose(name, version);
      await audit.append(doneBy(by, 'image.chosen', partyOf(name), { version }));
      return viewOf(name);
    },

    removeVersion: async (name, version, by) => {
      const known = (await library.versions(name)).versions;
      const { manifest } = versionOf(known, version);
      await assertUnneeded(manifest.id, version);
      // What was needed a moment ago may be marked still.
      await markNeededImages(deps);
      const diskBytes = sizeOf(await library.removeVersion(name, version));
      onVersionRemoved();
      await audit.append(doneBy(by, 'image.version-removed', partyOf(name), { version }));
      return { sessions: 0, disks: 1, diskBytes, memoryBytes: 0 };
    },
  };
}
