import { randomUUID } from 'node:crypto';
import type { Updateable } from 'kysely';
import type { z } from 'zod';
import type { Clock } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Freed } from '../../contract/pool.ts';
import type { newServerSchema, serverChangeSchema, VirtualServer } from '../../contract/server.ts';
import type { ImageLibrary } from '../../desktops/images/library.ts';
import { doneBy, fieldsOf } from '../access/audit-entry.ts';
import { withUniqueName } from '../access/unique-name.ts';
import type { Actor } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { DiskFiles } from '../disks/disk-files.ts';
import { noteRemoved } from '../disks/removed-disks.ts';
import { parseUsage } from '../host-figures/usage-text.ts';
import type { ServerTable } from '../store/schema.ts';
import type { Database } from '../store/store.ts';
import { sum } from '../sum.ts';
import type { ServerControl } from './server-control.ts';
import { createServerRows, serverRow } from './server-rows.ts';
import { partyOf, viewServers } from './server-view.ts';

export type NewServer = z.output<typeof newServerSchema>;
export type ServerFields = z.output<typeof serverChangeSchema>;

/** Virtual servers: what they are, and what is asked of them. */
export type Servers = {
  /** By name. */
  list(): Promise<VirtualServer[]>;
  /** @throws not-found */
  find(id: string): Promise<VirtualServer>;
  /** @throws name-taken, image-unknown, image-damaged */
  create(server: NewServer, by: Actor): Promise<VirtualServer>;
  /** @throws not-found, name-taken */
  change(id: string, change: ServerFields, by: Actor): Promise<VirtualServer>;
  /** With its disk and its snapshots. @throws not-found; change-conflict as ServerControl has it */
  remove(id: string, by: Actor): Promise<Freed>;
  /** Both answer before it is done. @throws not-found */
  start(id: string, by: Actor): Promise<VirtualServer>;
  stop(id: string, by: Actor): Promise<VirtualServer>;
};

export type ServersDeps = {
  db: Database;
  clock: Clock;
  audit: Pick<AuditLog, 'append'>;
  images: Pick<ImageLibrary, 'find'>;
  files: DiskFiles;
  control: ServerControl;
};

export function createServers(deps: ServersDeps): Servers {
  const { db, clock, audit, images, files, control } = deps;
  const rows = createServerRows({ db });

  async function view(id: string): Promise<VirtualServer> {
    const [server] = await viewServers(deps, [await serverRow(db, id)]);
    if (server === undefined) throw new CodedError('not-found', { detail: 'virtual server' });
    return server;
  }

  async function ask(id: string, wanted: ServerTable['wanted'], by: Actor): Promise<VirtualServer> {
    const action = wanted === 'running' ? 'server.started' : 'server.stopped';
    await db.transaction().execute(async (transaction) => {
      const server = await serverRow(transaction, id);
      await transaction.updateTable('servers').set({ wanted }).where('id', '=', id).execute();
      await audit.append(doneBy(by, action, partyOf(server)), transaction);
    });
    await control.wake(id);
    return view(id);
  }

  async function freedBy(id: string): Promise<{ freed: Freed; paths: string[] }> {
    const snapshots = await db
      .selectFrom('snapshots')
      .select('id')
      .where('server_id', '=', id)
      .execute();
    const machines = await db
      .selectFrom('machines')
      .select('usage')
      .where('belongs_to', '=', id)
      .execute();
    const paths = [files.disk(id), ...snapshots.map((snapshot) => files.snapshot(snapshot.id))];
    const bytes = await Promise.all(paths.map((path) => files.bytes(path)));
    const disks = bytes.filter((each) => each > 0).length;
    const memoryBytes = sum(machines.map(({ usage }) => parseUsage(usage)?.pssBytes ?? 0));
    return { freed: { sessions: 0, disks, diskBytes: sum(bytes), memoryBytes }, paths };
  }

  return {
    list: async () => viewServers(deps, await rows.all()),

    find: view,

    create: async ({ memoryMb, cpuWeight, network, autostart, ...same }, by) => {
      const { manifest } = await images.find(same.image);
      const id = randomUUID();
      await withUniqueName(same.name, () =>
        db.transaction().execute(async (transaction) => {
          await transaction
            .insertInto('servers')
            .values({
              id,
              ...same,
              image: manifest.name,
              image_id: manifest.id,
              image_version: manifest.imageVersion,
              memory_mb: memoryMb,
              cpu_weight: cpuWeight,
              network: JSON.stringify(network),
              autostart: autostart ? 1 : 0,
              wanted: autostart ? 'running' : 'stopped',
              state: 'stopped',
              problem: '',
              restarts: 0,
              machine_id: null,
              disk_made: 0,
              created_at: clock.now(),
            })
            .execute();
          const detail = { image: manifest.name, version: manifest.imageVersion, autostart };
          const entry = doneBy(by, 'server.created', partyOf({ id, name: same.name }), detail);
          await audit.append(entry, transaction);
        }),
      );
      await control.wake(id);
      return view(id);
    },

    change: async (id, change, by) => {
      const values = columnsOf(change);
      await withUniqueName(change.name ?? '', () =>
        db.transaction().execute(async (transaction) => {
          const server = await serverRow(transaction, id);
          if (fieldsOf(values) === '') return;
          await transaction.updateTable('servers').set(values).where('id', '=', id).execute();
          const detail = { changed: fieldsOf(change) };
          await audit.append(doneBy(by, 'server.changed', partyOf(server), detail), transaction);
        }),
      );
      return view(id);
    },

    remove: async (id, by) => {
      const server = await serverRow(db, id);
      const { freed, paths } = await freedBy(id);
      await control.drop(id);
      await db.transaction().execute(async (transaction) => {
        const snapshots = await transaction
          .selectFrom('snapshots')
          .select('id')
          .where('server_id', '=', id)
          .execute();
        const removed = [
          { id, kind: 'disk' as const },
          ...snapshots.map((each) => ({ id: each.id, kind: 'snapshot' as const })),
        ];
        await noteRemoved(transaction, removed, clock.now());
        await transaction.deleteFrom('snapshots').where('server_id', '=', id).execute();
        await transaction.deleteFrom('servers').where('id', '=', id).execute();
        const detail = { disks: freed.disks, diskBytes: freed.diskBytes };
        await audit.append(doneBy(by, 'server.removed', partyOf(server), detail), transaction);
      });
      for (const path of paths) await files.remove(path);
      return freed;
    },

    start: (id, by) => ask(id, 'running', by),
    stop: (id, by) => ask(id, 'stopped', by),
  };
}

function columnsOf(change: ServerFields): Updateable<ServerTable> {
  const { memoryMb, cpuWeight, network, autostart, ...same } = change;
  return {
    ...same,
    ...(memoryMb === undefined ? {} : { memory_mb: memoryMb }),
    ...(cpuWeight === undefined ? {} : { cpu_weight: cpuWeight }),
    ...(network === undefined ? {} : { network: JSON.stringify(network) }),
    ...(autostart === undefined ? {} : { autostart: autostart ? 1 : 0 }),
  };
}
