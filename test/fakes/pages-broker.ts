import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAdministration } from '../../src/broker/administration.ts';
import { commandLine } from '../../src/broker/audit/actor.ts';
import { createAuditLog } from '../../src/broker/audit/audit-log.ts';
import { composeBroker } from '../../src/broker/compose.ts';
import { limitsSchema } from '../../src/broker/config.ts';
import { createDiskFiles } from '../../src/broker/disks/disk-files.ts';
import type { IdentityProvider } from '../../src/broker/identity/federation-config.ts';
import { createPasswords } from '../../src/broker/identity/password.ts';
import { createLog } from '../../src/broker/log.ts';
import { builtInGroupIds } from '../../src/broker/store/built-in.ts';
import { openStore } from '../../src/broker/store/store.ts';
import { createAuthority } from '../../src/broker/tls/authority.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeHost } from './fake-host.ts';
import { scratchImages } from './scratch-images.ts';
import { storePlace } from './store-place.ts';

export const password = 'correct horse';
export const anchor = 'A'.repeat(43);

type Options = {
  origin?: string;
  identityProviders?: IdentityProvider[];
  server?: Server | null;
};

export type PagesBroker = Awaited<ReturnType<typeof startPagesBroker>>;

/** The real broker with two people in it, for tests that look at its pages. */
export async function startPagesBroker(options: Options = {}) {
  const { origin = 'https://broker.example', identityProviders = [], server = null } = options;
  const dataDir = mkdtempSync(join(tmpdir(), 'broker-pages-'));
  // oidc-provider has no clock but the real one.
  const clock = new FakeClock(Date.now());
  const store = await openStore(await storePlace(dataDir));
  const { db } = store;
  const { certificate } = await createAuthority(Date.now());
  const logLines: string[] = [];
  const broker = await composeBroker({
    config: {
      dataDir,
      limits: limitsSchema.parse({}),
      sessionDays: 90,
      streamOrigins: [],
      trustedProxies: [],
      identityProviders,
    },
    store,
    host: new FakeHost(),
    hasRoom: () => true,
    images: scratchImages(dataDir, clock),
    clock,
    log: createLog({ write: (line) => void logLines.push(line) }),
    version: '1.2.3',
    origins: () => new Set([origin]),
    trust: {
      anchors: () => [anchor],
      caFingerprint: () => anchor,
      caCertificate: () => certificate,
      statements: () => [],
    },
    server,
  });
  const audit = createAuditLog({ db, clock });
  const passwords = createPasswords();
  const files = createDiskFiles(dataDir);
  const administration = createAdministration({ db, clock, audit, passwords, files });
  const person = (username: string, displayName: string, groups: string[]) =>
    administration.users.create(
      { username, displayName, password, groups, secondFactor: 'off' },
      commandLine,
    );
  const ada = await person('ada', 'Ada Lovelace', [builtInGroupIds.administrators]);
  const bob = await person('bob', 'Bob', []);

  return {
    ...broker,
    ...administration,
    ada,
    bob,
    clock,
    db,
    logLines,
    origin,
    dispose: async () => {
      await broker.close('stop');
      await store.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
