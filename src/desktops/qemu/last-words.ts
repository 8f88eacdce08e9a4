import { readFile } from 'node:fs/promises';

const lengthLimit = 300;

/** The last line that QEMU wrote to its log: most often the reason why it ended. */
export async function lastWords(log: string): Promise<string | null> {
  const text = await readFile(log, 'utf8').catch(() => ''); // no log, no words
  const line = text.trimEnd().split('\n').at(-1) ?? '';
  return line === '' ? null : line.slice(0, lengthLimit);
}
