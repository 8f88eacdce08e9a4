import type { Progress } from './progress.mjs';

export type ElectronRuntime = {
  /** The folder as Electron is distributed: executable, resources, locales. */
  dir: string;
  executable: string;
  /** Without a leading `v`. */
  version: string;
  source: 'override' | 'pinned' | 'registry';
  /** One sentence for the person: which it is and why. */
  line: string;
};

export type RuntimeSearch = {
  env: Readonly<Record<string, string | undefined>>;
  /** The checkout. */
  root: string;
  /** Porthole's folder for what can be made again. */
  cache: string;
  /** With `forbidden` only what is already on this machine is found. */
  network: 'allowed' | 'forbidden';
  progress: Progress;
  /** Milliseconds since 1970. */
  now: () => number;
};
