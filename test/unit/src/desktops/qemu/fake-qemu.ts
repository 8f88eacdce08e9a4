import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { z } from 'zod';

const commandSchema = z.strictObject({
  execute: z.string(),
  arguments: z.record(z.string(), z.unknown()),
  id: z.number(),
});
type Command = z.infer<typeof commandSchema>;

/** QEMU's end of a QMP connection, in the hands of a test. */
export class FakeQemu {
  readonly #stream: Duplex;
  readonly #bytewise: boolean;
  readonly #commands: AsyncIterator<string>;

  constructor(stream: Duplex, { bytewise = false } = {}) {
    this.#stream = stream;
    this.#bytewise = bytewise;
    this.#commands = createInterface({ input: stream })[Symbol.asyncIterator]();
  }

  /** The next command sent to us. */
  async command(): Promise<Command> {
    const { value } = await this.#commands.next();
    return commandSchema.parse(JSON.parse(value));
  }

  greet(): void {
    this.#send({ QMP: { version: { qemu: { major: 7, minor: 2, micro: 0 } }, capabilities: [] } });
  }

  answer(id: number, value: object): void {
    this.#send({ return: value, id });
  }

  refuse(id: number, desc: string): void {
    this.#send({ error: { class: 'GenericError', desc }, id });
  }

  event(name: string, data: object): void {
    this.#send({ event: name, data, timestamp: { seconds: 0, microseconds: 0 } });
  }

  say(text: string): void {
    const bytes = Buffer.from(text);
    if (!this.#bytewise) this.#stream.write(bytes);
    else for (const byte of bytes) this.#stream.write(Buffer.from([byte]));
  }

  hangUp(): void {
    this.#stream.destroy();
  }

  #send(message: object): void {
    this.say(`${JSON.stringify(message)}\r\n`);
  }
}
