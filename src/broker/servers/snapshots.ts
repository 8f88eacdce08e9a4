import { randomUUID } from 'node:crypto';
import type { Clock } from '../../contract/clock.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Freed } from '../../contract/pool.ts';
import type { Snapshot } from '../../contract/server.ts';
import type { Machine } from '../../desktops/engine.ts';
import { doneBy } from '../access/audit-entry.ts';
import type { Actor } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { conflict } from '../conflict.ts';
import type { DiskFiles } from '../disks/disk-files.ts';
import { noteRemoved } from '../disks/removed-disks.ts';
import type { Database } from '../store/store.ts';
import type { ServerControl } from './server-control.ts';
import { serverRow } from './server-rows.ts';
import { partyOf, viewSnapshot } from './server-view.ts';

/** The disks of virtual servers as they once were. */
export type Snapshots = {
  /** @throws not-found; change-conflict while it starts or stops; disk-full */
  create(serverId: string, name: string, by: Actor): Promise<Snapshot>;
  /** @throws not-found; change-conflict unless the server is stopped; disk-full */
  restore(serverId: string, id: string, by: Actor): Promise<void>;
  /** @throws not-found */
  remove(serverId: string, id: string, by: Actor): Promise<Freed>;
};

type Deps = {
  db: Database;
  clock: Clock;
  audit: Pick<AuditLog, 'append'>;
  files: DiskFiles;
  control: ServerControl;
};

export function createSnapshots({ db, clock, audit, files, control }: Deps): Snapshots {
  async function find(serverId: string, id: string) {
    const row = await db
      .selectFrom('snapshots')
      .selectAll()
      .where('id', '=', id)
      .where('server_id', '=', serverId)
      .executeTakeFirst();
    if (row === undefined) throw new CodedError('not-found', { detail: 'snapshot' });
    return row;
  }

  async function keepDisk(serverId: string, file: string, machine: Machine | null): Promise<void> {
    if (machine === null) {
      const disk = files.disk(serverId);
      if (!(await files.exists(disk))) throw conflict('it has no disk before its first start');
      await files.copy(disk, file);
    } else if (machine.state.kind === 'running') await machine.snapshotDisk(file);
    else throw conflict('it is starting or stopping');
  }

  return {
    create: async (serverId, name, by) => {
      const server = await serverRow(db, serverId);
      await files.prepare();
      const id = randomUUID();
      const file = files.snapshot(id);
      try {
        await control.withDisk(serverId, (machine) => keepDisk(serverId, file, machine));
        const bytes = await files.bytes(file);
        const row = { id, server_id: serverId, name, bytes, created_at: clock.now() };
        await db.transaction().execute(async (transaction) => {
          await transaction.insertInto('snapshots').values(row).execute();
          const detail = { snapshot: name };
          const entry = doneBy(by, 'server.snapshot-created', partyOf(server), detail);
          await audit.append(entry, transaction);
        });
        return viewSnapshot(row);
      } catch (error) {
        await files.remove(file);
        throw error;
      }
    },

    restore: async (serverId, id, by) => {
      const server = await serverRow(db, serverId);
      const { name } = await find(serverId, id);
      await control.withDisk(serverId, async (machine) => {
        if (machine !== null) throw conflict(`${server.name} runs: stop it first`);
        await files.copy(files.snapshot(id), files.disk(serverId));
      });
      const detail = { snapshot: name };
      await audit.append(doneBy(by, 'server.snapshot-restored', partyOf(server), detail));
    },

    remove: async (serverId, id, by) => {
      const server = await serverRow(db, serverId);
      const { name } = await find(serverId, id);
      await db.transaction().execute(async (transaction) => {
        await transaction.deleteFrom('snapshots').where('id', '=', id).execute();
        await noteRemoved(transaction, [{ id, kind: 'snapshot' }], clock.now());
        const detail = { snapshot: name };
        const entry = doneBy(by, 'server.snapshot-removed', partyOf(server), detail);
        await audit.append(entry, transaction);
      });
      const diskBytes = await files.bytes(files.snapshot(id));
      await files.remove(files.snapshot(id));
      return { sessions: 0, disks: 1, diskBytes, memoryBytes: 0 };
    },
  };
}
