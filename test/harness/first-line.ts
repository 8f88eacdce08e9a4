import { createInterface } from 'node:readline';

/** The first line that a process writes, which is how many of them say that they are ready. */
export async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: stream })) return line.trim();
  throw new Error('the process ended before its first line');
}
