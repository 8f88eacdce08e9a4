import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAdmin } from '../../src/broker/admin.ts';
import { composeBroker } from '../../src/broker/compose.ts';
import { type Limits, limitsSchema } from '../../src/broker/config.ts';
import { createLog } from '../../src/broker/log.ts';
import { openStore } from '../../src/broker/store/store.ts';
import { appOrigin } from '../../src/contract/app-origin.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeHost } from './fake-host.ts';
import { FakeTerminal, injected } from './fake-terminal.ts';
import { until } from './until.ts';

export const brokerOrigin = 'http://broker.example';
export const password = 'correct horse';

type Options = {
  host?: FakeHost;
  clock?: FakeClock;
  dataDir?: string;
  limits?: Partial<Limits>;
  trustedProxies?: string[];
};

export type TestBroker = Awaited<ReturnType<typeof startTestBroker>>;

/** The real broker, all of it, on a real store: without a port, a guest, or time that passes. */
export async function startTestBroker(options: Options = {}) {
  const { host = new FakeHost(), clock = new FakeClock() } = options;
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'broker-'));
  const logLines: string[] = [];
  const store = openStore(dataDir);
  const admin = openAdmin({ dataDir, clock });
  const broker = await composeBroker({
    store,
    host,
    clock,
    log: createLog({ write: (line) => void logLines.push(line) }),
    limits: limitsSchema.parse(options.limits ?? {}),
    version: '1.2.3',
    streamOrigins: [appOrigin],
    trustedProxies: options.trustedProxies ?? [],
    origins: () => new Set([brokerOrigin]),
    tls: null,
  });

  async function newTerminal(): Promise<FakeTerminal> {
    return FakeTerminal.create({ clock, origin: brokerOrigin, send: injected(broker.app) });
  }

  return {
    ...broker,
    admin,
    clock,
    dataDir,
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

    /** A terminal that has been enrolled. */
    async terminal(): Promise<FakeTerminal> {
      const terminal = await newTerminal();
      const { code } = await admin.issueEnrollmentCode();
      await terminal.enroll(code);
      return terminal;
    },

    /** A user with a desktop of their own; the password is always the same. */
    async userWithDesktop(username: string): Promise<{ desktopId: string }> {
      await admin.addUser({ username, displayName: username, password });
      const { id } = await admin.addDesktop({
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
      await admin.close();
      await store.close();
      if (how === 'stop') rmSync(dataDir, { recursive: true });
    },
  };
}
