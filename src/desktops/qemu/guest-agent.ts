import type { Duplex } from 'node:stream';
import { type Clock, pause } from '../../contract/clock.ts';
import type { AsyncDisposable } from '../../contract/disposable.ts';
import { CodedError } from '../../contract/errors.ts';
import { AgentChannel } from './agent-channel.ts';
import {
  type AgentArguments,
  type AgentCommandName,
  type AgentReturn,
  agentCommands,
} from './guest-agent-schema.ts';

/** The agent of QEMU inside a guest. Trusted no more than the guest is. */
export type GuestAgent = {
  /** Waits until the agent answers. @throws guest-failed after `timeoutMs` (default 30 s). */
  ping(options?: { timeoutMs?: number }): Promise<void>;
  /** The whole of a file in the guest, at most 4 MiB. @throws guest-failed */
  readFile(path: string): Promise<Buffer>;
  /** Runs a program, as root, and waits for its end. @throws guest-failed when it takes longer. */
  run(argv: readonly [string, ...string[]], options?: { timeoutMs?: number }): Promise<RunResult>;
  /** Leaves the agent's port, which takes one caller at a time, until it is used again. */
  release(): Promise<void>;
};

type RunResult = {
  /** Null when a signal ended it. */
  exitCode: number | null;
  stdout: Buffer;
  stderr: Buffer;
};

type GuestAgentDeps = {
  /** Opens a fresh connection to the agent's port. @throws CodedError */
  connect(): Promise<Duplex>;
  clock: Clock;
};

const syncTimeoutMs = 30_000;
const answerTimeoutMs = 10_000;
const runTimeoutMs = 30_000;
const readChunk = 48 * 1024;
const fileLimit = 4 * 1024 * 1024;
const pollMs = 25;

/** Connects when first used, and again after a fault; requests wait for each other. */
export class GuestAgentClient implements GuestAgent, AsyncDisposable {
  readonly #deps: GuestAgentDeps;
  #channel: AgentChannel | null = null;
  #queue: Promise<unknown> = Promise.resolve();
  #disposed = false;

  constructor(deps: GuestAgentDeps) {
    this.#deps = deps;
  }

  ping({ timeoutMs = syncTimeoutMs } = {}): Promise<void> {
    return this.#inTurn(async () => {
      await (await this.#ready(timeoutMs)).sync(timeoutMs);
    });
  }

  readFile(path: string): Promise<Buffer> {
    return this.#inTurn(async () => {
      const handle = await this.#request('guest-file-open', { path, mode: 'r' });
      try {
        return await this.#readAll(handle, path);
      } finally {
        await this.#request('guest-file-close', { handle });
      }
    });
  }

  run(
    [path, ...arg]: readonly [string, ...string[]],
    { timeoutMs = runTimeoutMs } = {},
  ): Promise<RunResult> {
    return this.#inTurn(async () => {
      const { pid } = await this.#request('guest-exec', { path, arg, 'capture-output': true });
      const deadline = this.#deps.clock.now() + timeoutMs;
      for (;;) {
        const status = await this.#request('guest-exec-status', { pid });
        if (status.exited) return runResult(status);
        if (this.#deps.clock.now() >= deadline) {
          throw new CodedError('guest-failed', { detail: `${path} did not end in the guest` });
        }
        // The agent tells of the end only when asked.
        await pause(this.#deps.clock, pollMs);
      }
    });
  }

  release(): Promise<void> {
    return this.#inTurn(async () => {
      this.#channel?.dispose();
      this.#channel = null;
    });
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#channel?.dispose();
    await this.#queue;
  }

  async #readAll(handle: number, path: string): Promise<Buffer> {
    const parts: Buffer[] = [];
    let length = 0;
    for (;;) {
      const part = await this.#request('guest-file-read', { handle, count: readChunk });
      parts.push(Buffer.from(part['buf-b64'], 'base64'));
      length += part.count;
      if (length > fileLimit) {
        throw new CodedError('guest-failed', { detail: `${path} in the guest is too long` });
      }
      if (part.eof || part.count === 0) return Buffer.concat(parts);
    }
  }

  async #request<N extends AgentCommandName>(
    name: N,
    args: AgentArguments<N>,
  ): Promise<AgentReturn<N>> {
    const channel = await this.#ready(syncTimeoutMs);
    const command = agentCommands[name];
    const answer = await channel.request(name, command.arguments.parse(args), answerTimeoutMs);
    const parsed = command.returns.safeParse(answer);
    if (!parsed.success) {
      throw new CodedError('guest-failed', { detail: `answer to ${name}`, cause: parsed.error });
    }
    // The schema just used is the one that AgentReturn<N> is inferred from; indexing hides it.
    return parsed.data as AgentReturn<N>;
  }

  async #ready(timeoutMs: number): Promise<AgentChannel> {
    if (this.#channel !== null && !this.#channel.ended) return this.#channel;
    const channel = new AgentChannel(await this.#deps.connect(), this.#deps.clock);
    this.#channel = channel;
    if (this.#disposed) channel.dispose();
    await channel.sync(timeoutMs);
    return channel;
  }

  /** One conversation after the other; a fault of one is not one of the next. */
  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(action);
    this.#queue = turn.catch(() => undefined); // the caller of `turn` hears of it
    return turn;
  }
}

function runResult(status: AgentReturn<'guest-exec-status'>): RunResult {
  return {
    exitCode: status.exitcode ?? null,
    stdout: Buffer.from(status['out-data'] ?? '', 'base64'),
    stderr: Buffer.from(status['err-data'] ?? '', 'base64'),
  };
}
