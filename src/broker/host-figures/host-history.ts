import {
  type HostSample,
  type HostUsage,
  hostUsageSchema,
  type MachineListing,
  originSchema,
} from '../../contract/host.ts';
import type { Database } from '../store/store.ts';
import { parseUsage } from './usage-text.ts';

/** What the broker has written down of its host. */
export type HostHistory = {
  /** As last measured; null before any broker has measured. */
  usage(): Promise<HostUsage | null>;
  /** Every guest that is not over, the oldest first. */
  machines(): Promise<MachineListing[]>;
  /** The last hours, the oldest first; a point for each minute that the broker ran. */
  samples(hours: number): Promise<HostSample[]>;
};

export type HostHistoryDeps = { db: Database; clock: { now(): number } };

const hourMs = 60 * 60_000;

export function createHostHistory({ db, clock }: HostHistoryDeps): HostHistory {
  return {
    usage: async () => {
      const row = await db.selectFrom('host_usage').select('usage').executeTakeFirst();
      return row === undefined ? null : hostUsageSchema.parse(JSON.parse(row.usage));
    },

    machines: async () => {
      const rows = await db
        .selectFrom('machines')
        .leftJoin('users', 'users.id', 'machines.user_id')
        .selectAll('machines')
        .select('username')
        .orderBy('machines.started_at')
        .orderBy('machines.id')
        .execute();
      return rows.map((row) => ({
        id: row.id,
        purpose: row.purpose,
        belongsTo: row.belongs_to_name,
        user: row.username,
        engine: row.engine,
        state: row.state,
        origin: row.origin === null ? null : originSchema.parse(JSON.parse(row.origin)),
        memoryMb: row.memory_mb,
        cpus: row.cpus,
        startedAt: new Date(row.started_at).toISOString(),
        usage: parseUsage(row.usage),
      }));
    },

    samples: async (hours) => {
      const rows = await db
        .selectFrom('host_samples')
        .selectAll()
        .where('at', '>', clock.now() - hours * hourMs)
        .orderBy('at')
        .execute();
      return rows.map((row) => ({
        at: new Date(row.at).toISOString(),
        cpuUtilization: row.cpu_utilization,
        memoryUtilization: row.memory_utilization,
        machines: row.machines,
      }));
    },
  };
}
