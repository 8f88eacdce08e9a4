import type { Duplex } from 'node:stream';
import type { Clock } from '../../contract/clock.ts';
import type { Disposable } from '../../contract/disposable.ts';
import { LineSplitter } from './line-splitter.ts';
import { QmpError } from './qmp-error.ts';
import {
  parseQmpEvent,
  type QmpArguments,
  type QmpCommandName,
  type QmpEvent,
  type QmpMessage,
  type QmpReturn,
  qmpCommands,
  qmpMessageSchema,
} from './qmp-schema.ts';

/** `query-qmp-schema`, the longest answer there is, has about 200 kB. */
const lineLimit = 4 * 1024 * 1024;

type QmpDeps = {
  clock: Clock;
  /** Every event of the table, from the first on. */
  onEvent(event: QmpEvent): void;
  /** Milliseconds that an answer may take. */
  timeoutMs?: number;
};

type Pending = {
  command: string;
  resolve(value: unknown): void;
  reject(error: QmpError): void;
  timer: Disposable;
};

/** QEMU's control connection (docs/interop/qmp-spec of QEMU), over any byte stream. */
export class QmpClient implements Disposable {
  /** Resolves, with the reason, when the connection has ended, by either side. */
  readonly closed: Promise<QmpError>;

  readonly #stream: Duplex;
  readonly #deps: QmpDeps;
  readonly #timeoutMs: number;
  readonly #lines = new LineSplitter(lineLimit);
  readonly #pending = new Map<number, Pending>();
  readonly #resolveClosed: (reason: QmpError) => void;
  #lastId = 0;
  #end: QmpError | null = null;

  /**
   * Shakes hands over a fresh connection.
   * @throws QmpError; the stream is then destroyed.
   */
  static async open(stream: Duplex, deps: QmpDeps): Promise<QmpClient> {
    const client = new QmpClient(stream, deps);
    try {
      await client.#greeting();
      await client.execute('qmp_capabilities', {});
      return client;
    } catch (error) {
      client.dispose();
      throw error;
    }
  }

  private constructor(stream: Duplex, deps: QmpDeps) {
    this.#stream = stream;
    this.#deps = deps;
    this.#timeoutMs = deps.timeoutMs ?? 10_000;
    const { promise, resolve } = Promise.withResolvers<QmpError>();
    this.closed = promise;
    this.#resolveClosed = resolve;
    stream.on('data', (chunk: Buffer) => this.#receive(chunk));
    stream.on('error', (error) => this.#close(new QmpError('closed', 'QMP connection', error)));
    stream.on('end', () => this.#close(new QmpError('closed', 'QMP connection ended')));
    stream.on('close', () => this.#close(new QmpError('closed', 'QMP connection ended')));
  }

  /**
   * Sends a command and waits for its answer. Answers are matched by id, so commands may overlap.
   * @throws QmpError
   */
  async execute<N extends QmpCommandName>(name: N, args: QmpArguments<N>): Promise<QmpReturn<N>> {
    const command = qmpCommands[name];
    const answer = await this.#send(name, command.arguments.parse(args));
    const parsed = command.returns.safeParse(answer);
    if (!parsed.success) throw new QmpError('protocol', `answer to ${name}`, parsed.error);
    // The schema just used is the one that QmpReturn<N> is inferred from; indexing by N hides it.
    return parsed.data as QmpReturn<N>;
  }

  dispose(): void {
    this.#close(new QmpError('closed', 'QMP connection closed by us'));
  }

  #greeting(): Promise<unknown> {
    return this.#expect(0, 'greeting');
  }

  #send(command: string, args: object): Promise<unknown> {
    const id = ++this.#lastId;
    const answer = this.#expect(id, command);
    if (this.#end === null) {
      this.#stream.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    }
    return answer;
  }

  #expect(id: number, command: string): Promise<unknown> {
    if (this.#end !== null) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => {
      const timer = this.#deps.clock.after(this.#timeoutMs, () => {
        this.#settle(id)?.reject(new QmpError('timeout', `no answer to ${command}`));
      });
      this.#pending.set(id, { command, resolve, reject, timer });
    });
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.timer.dispose();
    return pending;
  }

  #receive(chunk: Buffer): void {
    if (this.#end !== null) return;
    try {
      for (const line of this.#lines.push(chunk)) this.#handle(readMessage(line));
    } catch (error) {
      this.#close(new QmpError('protocol', 'not QMP', error));
    }
  }

  #handle(message: QmpMessage): void {
    if ('QMP' in message) {
      this.#settle(0)?.resolve(message.QMP);
    } else if ('event' in message) {
      const event = parseQmpEvent(message.event, message.data);
      if (event !== null) this.#deps.onEvent(event);
    } else if ('error' in message) {
      const { class: kind, desc } = message.error;
      const pending = message.id === undefined ? undefined : this.#settle(message.id);
      pending?.reject(new QmpError('refused', `${pending.command}: ${desc} [${kind}]`));
    } else {
      // An answer after its timeout finds nobody waiting, and that is right.
      this.#settle(message.id)?.resolve(message.return);
    }
  }

  #close(reason: QmpError): void {
    if (this.#end !== null) return;
    this.#end = reason;
    this.#stream.destroy();
    for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(reason);
    this.#resolveClosed(reason);
  }
}

function readMessage(line: string): QmpMessage {
  return qmpMessageSchema.parse(JSON.parse(line));
}
