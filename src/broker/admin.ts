import { type Clock, systemClock } from '../contract/clock.ts';
import { auditAdmin } from './admin/audit.ts';
import { enrollmentAdmin } from './admin/enrollments.ts';
import { groupAdmin } from './admin/groups.ts';
import { hostAdmin } from './admin/host.ts';
import { imageAdmin } from './admin/images.ts';
import { createNames } from './admin/names.ts';
import { poolAdmin } from './admin/pools.ts';
import { serverAdmin } from './admin/servers.ts';
import { sessionAdmin } from './admin/sessions.ts';
import { terminalAdmin } from './admin/terminals.ts';
import { userAdmin } from './admin/users.ts';
import { createAdministration } from './administration.ts';
import { createAuditLog } from './audit/audit-log.ts';
import { createDiskFiles } from './disks/disk-files.ts';
import { createEnrollments } from './identity/enrollments.ts';
import { createPasswords } from './identity/password.ts';
import { openImages } from './images.ts';
import { type Database, openStore } from './store/store.ts';

type Options = {
  dataDir: string;
  /** Where its images are. */
  cacheDir: string;
  /** `postgres://…`; without it, SQLite in the data folder. */
  databaseUrl?: string | undefined;
  clock?: Clock;
};

export type Admin = Awaited<ReturnType<typeof openAdmin>>;

/**
 * What the command line does to a broker, through its store: works while the broker runs, which
 * sees each change at its next look. People and things are called by their names.
 * @throws store-damaged, store-unreachable; command-invalid for what makes no sense
 */
export async function openAdmin(options: Options) {
  const { dataDir, cacheDir, databaseUrl, clock = systemClock } = options;
  const store = await openStore({ dataDir, databaseUrl });
  return { ...adminOf({ db: store.db, dataDir, cacheDir, clock }), close: () => store.close() };
}

type Parts = { db: Database; dataDir: string; cacheDir: string; clock: Clock };

/** The same on a store that is open already, and stays so. */
export function adminOf(parts: Parts) {
  const { db, dataDir, cacheDir, clock } = parts;
  const images = openImages(cacheDir, clock);
  const files = createDiskFiles(dataDir);
  const audit = createAuditLog({ db, clock });
  const services = createAdministration({ db, clock, audit, files, passwords: createPasswords() });
  const names = createNames({ db });
  const { terminals } = services;
  const enrollments = createEnrollments({
    db,
    clock,
    audit,
    terminals,
    // Only asked about what a QR code says, which nobody types.
    anchors: () => [],
  });
  return {
    ...userAdmin({ ...services, names }),
    ...groupAdmin({ ...services, names }),
    ...poolAdmin({ ...services, names }),
    ...imageAdmin({ ...parts, audit, library: images, files }),
    ...serverAdmin({ ...parts, audit, images, files }),
    ...hostAdmin(parts),
    ...terminalAdmin({ ...services, names }),
    ...enrollmentAdmin({ ...services, dataDir, enrollments, names }),
    ...sessionAdmin(services),
    ...auditAdmin({ audit, names }),
  };
}
