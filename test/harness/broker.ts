import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Admin, openAdmin } from '../../src/broker/admin.ts';
import type { ConfigInput } from '../../src/broker/config.ts';
import { defaultFolders, type Folders } from '../../src/broker/folders.ts';
import { openStore } from '../../src/broker/store/store.ts';
import { digestOf, readChain } from '../../src/broker/tls/chain.ts';
import { systemClock } from '../../src/contract/clock.ts';
import type { AsyncDisposable } from '../../src/contract/disposable.ts';
import { connectWhenThere } from '../../src/desktops/qemu/connect.ts';
import { type GuestAgent, GuestAgentClient } from '../../src/desktops/qemu/guest-agent.ts';
import { machinePaths } from '../../src/desktops/qemu/machine-paths.ts';
import { until } from '../fakes/until.ts';
import { firstLine } from './first-line.ts';

/** Until the agent's socket is there. */
const agentLimitMs = 30_000;

const root = path.resolve(import.meta.dirname, '../..');

/** A real broker in a process and folders of its own; only the images are shared. */
export class TestBroker implements AsyncDisposable {
  readonly folders: Folders;
  readonly #config: ConfigInput;
  readonly #home: string;
  readonly #databaseUrl: string | undefined;
  #child: ChildProcess | null = null;
  #url = '';

  private constructor(home: string, config: ConfigInput, databaseUrl: string | undefined) {
    this.#databaseUrl = databaseUrl;
    this.#home = home;
    this.folders = {
      dataDir: path.join(home, 'data'),
      runtimeDir: path.join(home, 'run'),
      cacheDir: defaultFolders(process.env, process.getuid?.() ?? 0).cacheDir,
    };
    this.#config = { port: 0, ...this.folders, ...config };
  }

  /** @param databaseUrl of a PostgreSQL database; SQLite without it */
  static async start(config: ConfigInput = {}, databaseUrl?: string): Promise<TestBroker> {
    const home = await mkdtemp(path.join(tmpdir(), 'broker-'));
    const broker = new TestBroker(home, config, databaseUrl);
    await broker.restart();
    return broker;
  }

  get url(): string {
    return this.#url;
  }

  get port(): number {
    return Number(new URL(this.#url).port);
  }

  /** Starts it again, on the port that it had. */
  async restart(): Promise<void> {
    const port = this.#url === '' ? this.#config.port : this.port;
    const file = path.join(this.#home, 'broker.json');
    await writeFile(file, JSON.stringify({ ...this.#config, port }), { mode: 0o600 });
    const log = process.env.PORTHOLE_TEST_LOG === undefined ? 'ignore' : 'inherit';
    this.#child = spawn(
      process.execPath,
      [path.join(root, 'src/broker/main.ts'), '--config', file],
      {
        cwd: root,
        stdio: ['ignore', 'pipe', log],
        env: {
          ...process.env,
          ...(this.#databaseUrl === undefined ? {} : { DATABASE_URL: this.#databaseUrl }),
        },
      },
    );
    if (this.#child.stdout === null) throw new Error('the broker has no output');
    this.#url = await firstLine(this.#child.stdout);
  }

  /** Has it look at its key files at once, and not in a few seconds. */
  lookAtKeys(): void {
    this.#child?.kill('SIGHUP');
  }

  /** As a power cut does it. */
  async kill(): Promise<void> {
    await this.#stop('SIGKILL');
  }

  /** Digest of the key that the broker's certificate is traced to. */
  async ca(): Promise<string> {
    const chain = readChain(await readFile(path.join(this.folders.dataDir, 'keys/ca.pem'), 'utf8'));
    const [own] = chain;
    if (own === undefined) throw new Error('the broker has no certificate authority');
    return digestOf(own);
  }

  async admin<T>(use: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = await openAdmin({
      dataDir: this.folders.dataDir,
      cacheDir: this.folders.cacheDir,
      databaseUrl: this.#databaseUrl,
    });
    try {
      return await use(admin);
    } finally {
      await admin.close();
    }
  }

  /** Id of the machine that a session has, once the broker has written it down. */
  async machineOf(sessionId: string): Promise<string> {
    const store = await openStore({
      dataDir: this.folders.dataDir,
      databaseUrl: this.#databaseUrl,
    });
    const read = async () =>
      store.db
        .selectFrom('sessions')
        .select('machine_id')
        .where('id', '=', sessionId)
        .executeTakeFirst();
    try {
      await until('the session has a machine', async () => Boolean((await read())?.machine_id));
      return (await read())?.machine_id ?? '';
    } finally {
      await store.close();
    }
  }

  /** Asks the agent in the guest of a session, which takes one caller at a time. */
  async inGuest<T>(sessionId: string, use: (guest: GuestAgent) => Promise<T>): Promise<T> {
    const { agent } = machinePaths(this.folders, await this.machineOf(sessionId));
    const signal = AbortSignal.timeout(agentLimitMs);
    const guest = new GuestAgentClient({
      connect: () => connectWhenThere(agent, { clock: systemClock, signal }),
      clock: systemClock,
    });
    try {
      return await use(guest);
    } finally {
      await guest.dispose();
    }
  }

  /** Ids of the QEMU processes that work in this broker's folders. */
  async guests(): Promise<number[]> {
    const found: number[] = [];
    for (const name of await readdir('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      const line = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
      // Not what it is confined by, whose arguments end with all of QEMU's.
      const [program = ''] = line.split('\0');
      const isGuest = path.basename(program).startsWith('qemu-system');
      if (isGuest && line.includes(this.folders.dataDir)) found.push(+name);
    }
    return found;
  }

  async dispose(): Promise<void> {
    await this.#stop('SIGTERM');
    await rm(this.#home, { recursive: true, force: true });
  }

  async #stop(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }
}
