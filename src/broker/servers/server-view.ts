import type { AuditParty } from '../../contract/audit.ts';
import { networkPolicySchema } from '../../contract/pool.ts';
import type { Snapshot, VirtualServer } from '../../contract/server.ts';
import type { DiskFiles } from '../disks/disk-files.ts';
import type { SnapshotTable } from '../store/schema.ts';
import type { Database } from '../store/store.ts';
import type { ServerRow } from './server-rows.ts';

type Deps = { db: Database; files: DiskFiles };

/** Virtual servers as people see them, in the order given. */
export async function viewServers(
  { db, files }: Deps,
  rows: readonly ServerRow[],
): Promise<VirtualServer[]> {
  const snapshots = await db.selectFrom('snapshots').selectAll().orderBy('created_at').execute();
  const snapshotsOf = Map.groupBy(snapshots, ({ server_id }) => server_id);
  return Promise.all(
    rows.map(async (row) => ({
      id: row.id,
      name: row.name,
      image: row.image,
      imageVersion: row.image_version,
      engine: row.engine,
      memoryMb: row.memory_mb,
      cpus: row.cpus,
      cpuWeight: row.cpu_weight,
      network: networkPolicySchema.parse(JSON.parse(row.network)),
      autostart: row.autostart === 1,
      restart: row.restart,
      state: row.state,
      wanted: row.wanted,
      problem: row.problem,
      restarts: row.restarts,
      diskBytes: await files.bytes(files.disk(row.id)),
      snapshots: (snapshotsOf.get(row.id) ?? []).map(viewSnapshot),
    })),
  );
}

export function viewSnapshot({ id, name, created_at, bytes }: SnapshotTable): Snapshot {
  return { id, name, createdAt: new Date(created_at).toISOString(), bytes };
}

/** What the audit log calls it. */
export function partyOf({ id, name }: { id: string; name: string }): AuditParty {
  return { kind: 'server', id, name };
}
