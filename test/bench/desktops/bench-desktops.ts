import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { keysFolder } from '../../../src/broker/tls/key-files.ts';
import type { AsyncDisposable } from '../../../src/contract/disposable.ts';
import { TestBroker } from '../../harness/broker.ts';
import { HeadlessTerminal } from '../../harness/client.ts';
import type { DesktopUser } from './desktop-user.ts';

/** What differs between the pools of a bench. */
export type BenchPool = {
  name: string;
  engine: 'full' | 'para' | 'os-level';
  instantClones: boolean;
  spares: number;
  /** Never when left out. */
  suspendAfterMinutes?: number;
};

const memoryMb = 384;
const image = 'porthole-desktop';

/** A real broker on the built image, with pools, and people at terminals of their own. */
export class BenchDesktops implements AsyncDisposable {
  readonly broker: TestBroker;
  /** One for each person, who is signed in. */
  readonly users: readonly DesktopUser[];
  readonly #terminals: readonly HeadlessTerminal[];
  readonly #usernames: readonly string[];

  private constructor(
    broker: TestBroker,
    people: { usernames: string[]; terminals: HeadlessTerminal[] },
    authority: string,
  ) {
    this.broker = broker;
    this.#usernames = people.usernames;
    this.#terminals = people.terminals;
    this.users = people.terminals.map(({ client }) => ({ client, authority }));
  }

  static async open(people: number): Promise<BenchDesktops> {
    const broker = await TestBroker.start({ limits: { bootTimeoutSeconds: 300 } });
    try {
      const usernames = Array.from({ length: people }, (_, index) => `bench-${index}`);
      const terminals = await seat(broker, usernames);
      const ca = path.join(keysFolder(broker.folders.dataDir), 'ca.pem');
      return new BenchDesktops(broker, { usernames, terminals }, await readFile(ca, 'utf8'));
    } catch (error) {
      await broker.dispose();
      throw error;
    }
  }

  /** The one user there is. */
  get user(): DesktopUser {
    const [first] = this.users;
    if (first === undefined) throw new Error('there are no people');
    return first;
  }

  /** For all of the people. @returns its id, which is that of their desktop too */
  async addPool(pool: BenchPool): Promise<string> {
    const { id } = await this.broker.admin((admin) =>
      admin.addPool({ ...pool, image, memoryMb, cpus: 1, users: [...this.#usernames] }),
    );
    return id;
  }

  async dispose(): Promise<void> {
    for (const terminal of this.#terminals) await terminal.dispose();
    await this.broker.dispose();
  }
}

async function seat(broker: TestBroker, usernames: string[]): Promise<HeadlessTerminal[]> {
  const password = randomUUID();
  const { token } = await broker.admin(async (admin) => {
    for (const username of usernames) {
      await admin.addUser({ username, displayName: username, password });
    }
    return admin.createEnrollmentToken({ label: 'bench', uses: usernames.length });
  });
  const terminals: HeadlessTerminal[] = [];
  for (const username of usernames) {
    const terminal = await HeadlessTerminal.enroll(broker, username, token);
    await terminal.signIn({ username, password });
    terminals.push(terminal);
  }
  return terminals;
}
