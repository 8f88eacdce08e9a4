import { randomInt } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../contract/clock.ts';
import type { Disposable } from '../../contract/disposable.ts';
import { CodedError } from '../../contract/errors.ts';
import { type AgentMessage, agentMessageSchema } from './guest-agent-schema.ts';
import { LineSplitter } from './line-splitter.ts';

/** guest-file-read and the outputs of guest-exec come in one line; the agent caps them at 16 MB. */
const lineLimit = 24 * 1024 * 1024;
/** What is sent before the agent listens is lost, so it is sent again, less and less often. */
const firstKnockMs = 100;
const lastKnockMs = 4000;
/** Sent before each sync, it makes the agent drop what it has half read (qemu-ga protocol). */
const flush = Buffer.from([0xff]);

type Waiting = { accept(message: AgentMessage): boolean; reject(error: CodedError): void };

/**
 * The wire to the guest agent: one request at a time, since its answers carry no ids. What the
 * guest sends is not trusted: lines that are no answer are dropped, and too long a one ends it.
 */
export class AgentChannel {
  readonly #stream: Duplex;
  readonly #clock: Clock;
  readonly #lines = new LineSplitter(lineLimit);
  #waiting: Waiting | null = null;
  #end: CodedError | null = null;

  constructor(stream: Duplex, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
    stream.on('data', (chunk: Buffer) => this.#receive(chunk));
    stream.on('error', (cause) => this.#close('connection to the guest agent failed', cause));
    stream.on('end', () => this.#close('connection to the guest agent ended'));
    stream.on('close', () => this.#close('connection to the guest agent ended'));
  }

  get ended(): boolean {
    return this.#end !== null;
  }

  /**
   * Waits until the agent answers and both sides stand at the same place (guest-sync-delimited).
   * @throws guest-failed at the end of the connection or the time.
   */
  async sync(timeoutMs: number): Promise<void> {
    let id = 0;
    let timer: Disposable;
    const knock = (againMs: number) => {
      // A new id each time: only the answer to the last knock proves that none is under way.
      id = randomInt(1, 2 ** 31);
      this.#stream.write(flush);
      this.#write('guest-sync-delimited', { id });
      timer = this.#clock.after(againMs, () => knock(Math.min(2 * againMs, lastKnockMs)));
    };
    const answer = this.#wait(
      timeoutMs,
      'guest agent is silent',
      (message) => 'return' in message && message.return === id,
    );
    knock(firstKnockMs);
    await answer.finally(() => timer.dispose());
  }

  /** @throws guest-failed when the agent refuses, is silent for too long, or the line ends. */
  async request(command: string, args: object, timeoutMs: number): Promise<unknown> {
    const answer = this.#wait(timeoutMs, `no answer to ${command}`, () => true);
    this.#write(command, args);
    const message = await answer;
    if ('error' in message) {
      throw new CodedError('guest-failed', { detail: `${command}: ${message.error.desc}` });
    }
    return message.return;
  }

  dispose(): void {
    this.#close('connection to the guest agent closed by us');
  }

  #write(command: string, args: object): void {
    this.#stream.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
  }

  #wait(
    timeoutMs: number,
    late: string,
    matches: (message: AgentMessage) => boolean,
  ): Promise<AgentMessage> {
    if (this.#end !== null) return Promise.reject(this.#end);
    const { promise, resolve, reject } = Promise.withResolvers<AgentMessage>();
    const timer = this.#clock.after(timeoutMs, () => {
      // An answer that came later would be taken for that of the next request.
      this.#close(late);
    });
    this.#waiting = {
      accept: (message) => {
        const accepted = matches(message);
        if (accepted) resolve(message);
        return accepted;
      },
      reject,
    };
    return promise.finally(() => timer.dispose());
  }

  #receive(chunk: Buffer): void {
    if (this.#end !== null) return;
    try {
      // The agent sets 0xFF before the answer to a sync; no UTF-8 text holds that byte.
      const start = chunk.lastIndexOf(0xff);
      if (start !== -1) this.#lines.reset();
      for (const line of this.#lines.push(chunk.subarray(start + 1))) this.#handle(line);
    } catch (error) {
      this.#close('guest agent sent an endless line', error);
    }
  }

  #handle(line: string): void {
    const message = readMessage(line);
    if (message === null || this.#waiting === null) return;
    if (this.#waiting.accept(message)) this.#waiting = null;
  }

  #close(detail: string, cause?: unknown): void {
    if (this.#end !== null) return;
    this.#end = new CodedError('guest-failed', { detail, cause });
    this.#stream.destroy();
    this.#waiting?.reject(this.#end);
    this.#waiting = null;
  }
}

/** Null for whatever is no answer, such as an echo of our own request or noise of the line. */
function readMessage(line: string): AgentMessage | null {
  try {
    return agentMessageSchema.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null; // not even JSON
  }
}
