import { join } from 'node:path';
import type { Clock } from '../contract/clock.ts';
import { ImageLibrary } from '../desktops/images/library.ts';
import { runTool } from '../desktops/images/tools.ts';

/** The images in the cache of this machine. */
export function openImages(cacheDir: string, clock: Pick<Clock, 'now'>): ImageLibrary {
  return new ImageLibrary({
    root: join(cacheDir, 'images'),
    run: runTool,
    now: () => clock.now(),
  });
}
