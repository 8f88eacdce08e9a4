import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { adminOf } from '../../src/broker/admin.ts';
import { composeBroker } from '../../src/broker/compose.ts';
import { type ConfigInput, type Limits, parseConfig } from '../../src/broker/config.ts';
import { createLog } from '../../src/broker/log.ts';
import { openStore } from '../../src/broker/store/store.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeHost } from './fake-host.ts';
import { FakeTerminal } from './fake-terminal.ts';
import { scratchImages } from './scratch-images.ts';
import { storePlace } from './store-place.ts';
import { injected, textIn } from './transport.ts';
import { until } from './until.ts';

export const brokerOrigin = 'https://broker.example';
export const password = 'correct horse';
/** What the certificate of the test's broker would be traced to. */
export const brokerAnchor = 'A'.repeat(43);

type Options = {
  host?: FakeHost;
  clock?: FakeClock;
  dataDir?: string;
  limits?: Partial<Limits>;
  trustedProxies?: string[];
  identityProviders?: ConfigInput['identityProviders'];
};

export type TestBroker = Awaited<ReturnType<typeof startTestBroker>>;

/** The real broker, all of it, on a real store: without a port, a guest, or time that passes. */
export async function startTestBroker(options: Options = {}) {
  const { host = new FakeHost(), clock = new FakeClock() } = options;
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'broker-'));
  // oidc-provider takes the time from nowhere else.
  const date = vi.spyOn(Date, 'now').mockImplementation(() => clock.now());
  const logLines: string[] = [];
  const folders = { dataDir, runtimeDir: dataDir, cacheDir: dataDir };
  const store = await openStore(await storePlace(dataDir));
  // On the broker's own connection: two in one thread would wait for each other in vain.
  const admin = adminOf({ db: store.db, dataDir, cacheDir: dataDir, clock });
  const { limits = {}, trustedProxies = [], identityProviders = [] } = options;
  const broker = await composeBroker({
    config: parseConfig({ limits, trustedProxies, identityProviders }, folders),
    store,
    host,
    hasRoom: () => host.room,
    images: scratchImages(dataDir, clock),
    clock,
    log: createLog({ write: (line) => void logLines.push(line) }),
    version: '1.2.3',
    origins: () => new Set([brokerOrigin]),
    trust: {
      statements: () => ['a.statement.signed'],
      anchors: () => [brokerAnchor],
      caFingerprint: () => brokerAnchor,
      caCertificate: () => '-----BEGIN CERTIFICATE-----',
    },
    server: null,
  });

  async function newTerminal(): Promise<FakeTerminal> {
    return FakeTerminal.create({ clock, origin: brokerOrigin, send: injected(broker.app) });
  }

  return {
    ...broker,
    admin,
    clock,
    dataDir,
    db: store.db,
    host,
    logLines,
    newTerminal,
    transport: injected(broker.app),

    /** Lets ten seconds pass, after which the broker writes down that it lives, and awaits that. */
    async passHeartbeat(): Promise<void> {
      clock.pass(10_000);
      await until('the heartbeat is written', async () => {
        const row = await store.db.selectFrom('heartbeat').selectAll().executeTakeFirst();
        return row?.alive_at === clock.now();
      });
    },

    /** A terminal that an administrator has let in. */
    async terminal(): Promise<FakeTerminal> {
      const terminal = await newTerminal();
      const { body } = await terminal.oauth.requestEnrollment();
      await admin.approveEnrollment({ code: textIn(body, 'user_code') });
      await terminal.oauth.pollEnrollment(textIn(body, 'device_code'));
      return terminal;
    },

    /** A user with a desktop of their own; the password is always the same. */
    async userWithDesktop(username: string): Promise<{ desktopId: string }> {
      await admin.addUser({ username, displayName: username, password });
      const { id } = await admin.addPool({
        name: `${username}'s desktop`,
        image: 'porthole',
        engine: 'para',
        memoryMb: 256,
        cpus: 1,
        users: [username],
      });
      return { desktopId: id };
    },

    /** Closes the broker and, unless it is told to leave it, removes what it kept. */
    async end(how: 'stop' | 'leave' | 'keep' = 'stop'): Promise<void> {
      await broker.close(how === 'keep' ? 'stop' : how);
      await store.close();
      date.mockRestore();
      if (how === 'stop') rmSync(dataDir, { recursive: true });
    },
  };
}
