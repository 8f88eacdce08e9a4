import { renameSync } from 'node:fs';
import { z } from 'zod';
import {
  densitySchema,
  type Preferences,
  preferencesSchema,
  scalingSchema,
} from '../src/contract/ipc.ts';
import type { Log } from './log.ts';
import { readIfThere, replaceFile } from './private-file.ts';

/** Where the window was, in device-independent pixels of the virtual screen. */
const windowBoundsSchema = z.strictObject({
  x: z.number().int(),
  y: z.number().int(),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  maximized: z.boolean(),
});
export type WindowBounds = z.infer<typeof windowBoundsSchema>;

const { textSize, showsFigures } = preferencesSchema.shape;

const settingsSchema = z.strictObject({
  // What came later has a default, so that a file from before is read.
  preferences: preferencesSchema.extend({
    textSize: textSize.default(100),
    showsFigures: showsFigures.default(false),
    scaling: scalingSchema.default('follow'),
    density: densitySchema.default('even'),
  }),
  window: windowBoundsSchema.nullable(),
});
type Settings = z.infer<typeof settingsSchema>;

const defaults: Settings = {
  preferences: {
    language: null,
    theme: null,
    textSize: 100,
    showsFigures: false,
    scaling: 'follow',
    density: 'even',
  },
  window: null,
};

/**
 * What this terminal remembers about its looks: one small JSON file. It is worth less than a start
 * of the terminal, so a file that cannot be read or written is logged and never stops anything; one
 * that makes no sense is set aside, not overwritten.
 */
export class SettingsStore {
  readonly #file: string;
  readonly #log: Log;
  #settings: Settings;

  constructor(deps: { file: string; log: Log; now: () => number }) {
    this.#file = deps.file;
    this.#log = deps.log;
    this.#settings = this.#read(deps.now);
  }

  get preferences(): Preferences {
    return this.#settings.preferences;
  }

  get window(): WindowBounds | null {
    return this.#settings.window;
  }

  setPreferences(preferences: Preferences): void {
    this.#write({ ...this.#settings, preferences });
  }

  setWindow(window: WindowBounds): void {
    this.#write({ ...this.#settings, window });
  }

  #read(now: () => number): Settings {
    try {
      const text = readIfThere(this.#file);
      if (text === null) return defaults;
      const settings = settingsSchema.safeParse(parseJson(text));
      if (settings.success) return settings.data;
      const aside = `${this.#file}.damaged-${now()}`;
      renameSync(this.#file, aside);
      this.#log({ level: 'warn', message: 'set damaged settings aside', file: aside });
    } catch (error) {
      this.#log({ level: 'warn', message: 'settings cannot be read', file: this.#file, error });
    }
    return defaults;
  }

  #write(settings: Settings): void {
    this.#settings = settings;
    try {
      replaceFile(this.#file, `${JSON.stringify(settings, null, 2)}\n`);
    } catch (error) {
      this.#log({ level: 'warn', message: 'settings cannot be written', file: this.#file, error });
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The schema refuses undefined, as it refuses JSON of another shape.
    return undefined;
  }
}
