import type { ReadStream } from 'node:tty';
import type { Locations } from '../locations.ts';
import type { Progress } from '../progress.mjs';

/** What the commands have of the process that they run in. */
export type CommandContext = {
  env: NodeJS.ProcessEnv;
  uid: number;
  locations: Locations;
  progress: Progress;
  /** Aborts when the person wants the command to end. */
  signal: AbortSignal;
  stdin: ReadStream | NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  endWith: (exitCode: number) => void;
};
