import { type Clock, systemClock } from '../contract/clock.ts';
import { auditAdmin } from './admin/audit.ts';
import { desktopAdmin } from './admin/desktops.ts';
import { enrollmentAdmin } from './admin/enrollments.ts';
import { groupAdmin } from './admin/groups.ts';
import { createNames } from './admin/names.ts';
import { sessionAdmin } from './admin/sessions.ts';
import { terminalAdmin } from './admin/terminals.ts';
import { userAdmin } from './admin/users.ts';
import { createAdministration } from './administration.ts';
import { createAuditLog } from './audit/audit-log.ts';
import { createEnrollments } from './identity/enrollments.ts';
import { createPasswords } from './identity/password.ts';
import { type Database, openStore } from './store/store.ts';

type Options = {
  dataDir: string;
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
export async function openAdmin({ dataDir, databaseUrl, clock = systemClock }: Options) {
  const store = await openStore({ dataDir, databaseUrl });
  return { ...adminOf({ db: store.db, dataDir, clock }), close: () => store.close() };
}

type Parts = { db: Database; dataDir: string; clock: Clock };

/** The same on a store that is open already, and stays so. */
export function adminOf({ db, dataDir, clock }: Parts) {
  const audit = createAuditLog({ db, clock });
  const services = createAdministration({ db, clock, audit, passwords: createPasswords() });
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
    ...desktopAdmin({ ...services, names }),
    ...terminalAdmin({ ...services, names }),
    ...enrollmentAdmin({ ...services, dataDir, enrollments, names }),
    ...sessionAdmin(services),
    ...auditAdmin({ audit, names }),
  };
}
