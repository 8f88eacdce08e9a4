import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { commandLine } from '../../../../../src/broker/audit/actor.ts';
import { createAuditLog } from '../../../../../src/broker/audit/audit-log.ts';
import { createDiskFiles } from '../../../../../src/broker/disks/disk-files.ts';
import { createMachineRows } from '../../../../../src/broker/host-figures/machine-rows.ts';
import { serversOfTheBroker } from '../../../../../src/broker/servers/server-control.ts';
import { createServerRows } from '../../../../../src/broker/servers/server-rows.ts';
import { createServers } from '../../../../../src/broker/servers/servers.ts';
import { createSnapshots } from '../../../../../src/broker/servers/snapshots.ts';
import { createSupervisor } from '../../../../../src/broker/servers/supervisor.ts';
import { openStore } from '../../../../../src/broker/store/store.ts';
import type { AuditAction } from '../../../../../src/contract/audit.ts';
import { newServerSchema } from '../../../../../src/contract/server.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';
import { FakeGuests } from '../../../../fakes/fake-guest.ts';
import { storePlace } from '../../../../fakes/store-place.ts';
import { until } from '../../../../fakes/until.ts';
import { registeredManifest } from '../../desktops/images/manifests.ts';

export const image = { dir: '/images/mail', manifest: registeredManifest({ name: 'mail' }) };

/** A store of its own with what looks after virtual servers, gone when the test is over. */
export async function startServers() {
  const dataDir = mkdtempSync(join(tmpdir(), 'servers-'));
  const clock = new FakeClock();
  const store = await openStore(await storePlace(dataDir));
  const { db } = store;
  const audit = createAuditLog({ db, clock });
  const files = createDiskFiles(dataDir);
  const rows = createServerRows({ db });
  const machines = createMachineRows({ db, clock });
  const guests = new FakeGuests();
  const faults: unknown[] = [];
  const onFault = (error: unknown) => void faults.push(error);
  const images = { find: async () => image };
  /** What a broker makes when it starts; the guests outlive it. */
  const startBroker = () =>
    createSupervisor({ clock, host: guests, machines, rows, files, audit, onFault });
  let supervisor = startBroker();
  const shared = { db, clock, audit, images, files };
  onTestFinished(async () => {
    await supervisor.close('leave');
    await store.close();
    rmSync(dataDir, { recursive: true });
  });

  return {
    clock,
    db,
    files,
    machines,
    guests,
    faults,
    get supervisor() {
      return supervisor;
    },
    get servers() {
      return createServers({ ...shared, control: supervisor });
    },
    get snapshots() {
      return createSnapshots({ ...shared, control: supervisor });
    },
    /** The same, as the command line has them. */
    behind: {
      servers: createServers({ ...shared, control: serversOfTheBroker({ db, files }) }),
      snapshots: createSnapshots({ ...shared, control: serversOfTheBroker({ db, files }) }),
    },

    /** Adds a server, which autostarts unless told otherwise. */
    async add(fields: Partial<Parameters<typeof newServerSchema.parse>[0] & object> = {}) {
      const order = newServerSchema.parse({ name: 'Mail', image: 'mail', ...fields });
      return createServers({ ...shared, control: supervisor }).create(order, commandLine);
    },
    async view(id: string) {
      return createServers({ ...shared, control: supervisor }).find(id);
    },
    async state(id: string) {
      return (await this.view(id)).state;
    },
    /** Waits until the store has it so. */
    async reaches(id: string, state: string): Promise<void> {
      await until(`the server is ${state}`, async () => (await this.state(id)) === state);
    },
    /** Waits for as many guests to be there, ever. */
    async guest(count: number) {
      await until(`guest ${count} is made`, () => guests.all.length >= count);
      return guests.latest;
    },
    audited: async (action: AuditAction) => audit.list({ action, limit: 100 }),

    /** Another broker takes over, as after a crash of the one before. */
    async restart(): Promise<void> {
      await supervisor.close('leave');
      supervisor = startBroker();
    },
  };
}
