import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { z } from 'zod';

const requestSchema = z.strictObject({
  execute: z.string(),
  arguments: z.record(z.string(), z.unknown()),
});
type Request = z.infer<typeof requestSchema>;

/** The guest's end of the agent's line, in the hands of a test. */
export class FakeGuestAgent {
  readonly #stream: Duplex;
  readonly #lines: AsyncIterator<string>;

  constructor(stream: Duplex) {
    this.#stream = stream;
    this.#lines = createInterface({ input: stream.setEncoding('latin1') })[Symbol.asyncIterator]();
  }

  async request(): Promise<Request> {
    const { value } = await this.#lines.next();
    return requestSchema.parse(JSON.parse(String(value).replaceAll('\xff', '')));
  }

  /** Answers the next request, which must be a sync. */
  async sync(): Promise<void> {
    const { arguments: args } = await this.request();
    this.answerSync(Number(args.id));
  }

  answerSync(id: number): void {
    this.#stream.write(Buffer.concat([Buffer.from([0xff]), line({ return: id })]));
  }

  answer(value: unknown): void {
    this.#stream.write(line({ return: value }));
  }

  refuse(desc: string): void {
    this.#stream.write(line({ error: { class: 'GenericError', desc } }));
  }

  say(bytes: Buffer): void {
    for (const byte of bytes) this.#stream.write(Buffer.from([byte]));
  }

  hangUp(): void {
    this.#stream.destroy();
  }
}

function line(message: object): Buffer {
  return Buffer.from(`${JSON.stringify(message)}\n`);
}
