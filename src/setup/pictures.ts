import { type FSWatcher, watch } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Disposable } from '../contract/disposable.ts';
import type { Progress } from './progress.mjs';

/** Pictures of the terminal's window, as they are written into a folder. */
export type Pictures = Disposable & {
  /** Resolves when the picture of a painted desktop is there. */
  readonly desktop: Promise<void>;
};

/** As the terminal names them: number and state. */
const pictureName = /^\d+-([a-z-]+)\.png$/;
const desktopState = 'streaming-live';

/** Clears the folder of the pictures of an earlier run and tells of each new one. */
export async function watchPictures(folder: string, progress: Progress): Promise<Pictures> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    if (pictureName.test(name)) await rm(join(folder, name));
  }
  progress.note(`Pictures of the window are written to ${folder}`);
  const told = new Set<string>();
  const { promise, resolve } = Promise.withResolvers<void>();
  const watcher: FSWatcher = watch(folder, (_event, name) => {
    const state = pictureName.exec(name ?? '')?.[1];
    if (name === null || state === undefined || told.has(name)) return;
    told.add(name);
    progress.note(`  ${join(folder, name)}`);
    if (state === desktopState) resolve();
  });
  return { desktop: promise, dispose: () => watcher.close() };
}
