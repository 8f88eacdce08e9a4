import type { Area } from './page.ts';

/** What is measured over a link: frames per second, or milliseconds from a key to its pixels. */
export type LinkMeasure = 'frames' | 'keys';

/** With the gateway's continuous updates, and where the client asks for each update itself. */
export type LinkFigures = { accelerated: number; plain: number };

/** Where the letters appear in the guest's terminal. */
export const letters: Area = { x: 60, y: 120, width: 480, height: 240 };
