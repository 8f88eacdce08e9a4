import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { CodedError } from '../../contract/errors.ts';
import type { CommandContext } from './context.ts';

/**
 * Asks for a new password: twice and unseen on a terminal, else the first line of stdin. It never
 * is an argument, because every user of a machine can read those of all processes.
 * @throws command-invalid when the two differ, or stdin ends before a line
 */
export async function readNewPassword({ stdin, stdout }: CommandContext): Promise<string> {
  if (!stdin.isTTY) return firstLine(stdin);
  const first = await askUnseen('Password: ', stdin, stdout);
  const second = await askUnseen('The same again: ', stdin, stdout);
  if (first !== second) throw new CodedError('command-invalid', { detail: 'the passwords differ' });
  return first;
}

async function firstLine(stdin: CommandContext['stdin']): Promise<string> {
  for await (const line of createInterface({ input: stdin })) return line;
  throw new CodedError('command-invalid', { detail: 'a password was expected on stdin' });
}

async function askUnseen(
  question: string,
  input: CommandContext['stdin'],
  stdout: CommandContext['stdout'],
): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  stdout.write(question);
  const lines = createInterface({ input, output: nowhere, terminal: true });
  try {
    const line = once(lines, 'line').then(([text]: string[]) => text);
    const answer = await Promise.race([line, once(lines, 'close').then(() => undefined)]);
    if (answer === undefined) throw new CodedError('command-invalid', { detail: 'no password' });
    return answer;
  } finally {
    lines.close();
    stdout.write('\n');
  }
}
