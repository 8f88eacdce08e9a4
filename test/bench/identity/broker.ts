import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AsyncDisposable } from '../../../src/contract/disposable.ts';
import type { Order, ProofCheck, Ready } from './orders.ts';

/** A broker in a process of its own, whose work is told apart from that of its terminals. */
export class BenchBroker implements AsyncDisposable {
  readonly url: string;
  readonly ca: string;
  readonly enrollmentToken: string;
  readonly desktopId: string;
  readonly #child: ChildProcess;
  readonly #folder: string;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(child: ChildProcess, folder: string, ready: Ready) {
    this.url = ready.url;
    this.ca = ready.ca;
    this.enrollmentToken = ready.enrollmentToken;
    this.desktopId = ready.desktopId;
    this.#child = child;
    this.#folder = folder;
  }

  static async start(proofCheck: ProofCheck, users: number): Promise<BenchBroker> {
    const folder = await mkdtemp(path.join(tmpdir(), 'bench-'));
    const script = path.join(import.meta.dirname, 'broker-process.ts');
    const child = fork(script, [folder, proofCheck, String(users)]);
    return new BenchBroker(child, folder, await answerOf<Ready>(child));
  }

  cpuMs(): Promise<number> {
    return this.#order({ kind: 'cpu' });
  }

  passwordCpuMs(): Promise<number> {
    return this.#order({ kind: 'password' });
  }

  async approve(userCode: string): Promise<void> {
    await this.#order({ kind: 'approve', userCode });
  }

  /** One at a time, so that each answer is to its own question. */
  #order(order: Order): Promise<number> {
    const answered = this.#last.then(() => {
      const answer = answerOf<number>(this.#child);
      this.#child.send(order);
      return answer;
    });
    this.#last = answered.catch(() => undefined);
    return answered;
  }

  async dispose(): Promise<void> {
    if (this.#child.exitCode === null) {
      this.#child.disconnect();
      await once(this.#child, 'exit');
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** @throws when the process ends instead of answering */
async function answerOf<T>(child: ChildProcess): Promise<T> {
  const settled = new AbortController();
  const { signal } = settled;
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([answer]) => answer as T), // see broker-process.ts
      once(child, 'exit', { signal }).then(() => Promise.reject(new Error('the broker ended'))),
    ]);
  } finally {
    settled.abort();
  }
}
