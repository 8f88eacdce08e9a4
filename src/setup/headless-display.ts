import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { AsyncDisposable } from '../contract/disposable.ts';
import { CodedError } from '../contract/errors.ts';
import { startChild } from './child.ts';
import type { Locations } from './locations.ts';

/** A display that nobody looks at. */
type HeadlessDisplay = AsyncDisposable & {
  /** For DISPLAY. */
  readonly name: string;
};

const screen = '1440x900x24';

/**
 * Starts Xvfb on a display number that it chooses itself, so that two never meet.
 * @throws tool-missing, command-failed
 */
export async function startHeadlessDisplay(
  locations: Locations,
  env: NodeJS.ProcessEnv,
): Promise<HeadlessDisplay> {
  await mkdir(locations.state, { recursive: true, mode: 0o700 });
  const log = join(locations.state, 'display.log');
  const args = ['-displayfd', '3', '-screen', '0', screen, '-nolisten', 'tcp', '-noreset'];
  const child = await startChild('Xvfb', args, { env, cwd: '/', log, extraPipe: true });
  // The fourth of `stdio` is a pipe that the child writes to: it was asked for.
  const numbers = child.process.stdio[3] as Readable;
  const number = await Promise.race([firstLine(numbers), child.ended.then(() => null)]);
  if (number === null) throw new CodedError('command-failed', { detail: `Xvfb; see ${log}` });
  return { name: `:${number}`, dispose: child.dispose };
}

async function firstLine(stream: Readable): Promise<string | null> {
  for await (const line of createInterface({ input: stream })) return line.trim();
  return null;
}
