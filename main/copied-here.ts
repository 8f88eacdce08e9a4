import { createHash } from 'node:crypto';
import type { BrowserWindow } from 'electron';
import type { Disposable } from '../src/contract/disposable.ts';
import type { SystemClipboard } from './clipboards.ts';
import type { Log } from './log.ts';

type CopiedHereDeps = {
  clipboards: readonly SystemClipboard[];
  window: Pick<BrowserWindow, 'on' | 'off' | 'isFocused' | 'isDestroyed'>;
  log: Log;
};

/**
 * Takes back from the clipboards what was put there in this window: a user's text is not to be found
 * by the next one. What other programs put there is theirs. Electron tells nobody of a copy, but
 * whatever changed between the window's coming to the front and its leaving was copied in it. Kept
 * is a digest only.
 */
export class CopiedHere implements Disposable {
  readonly #deps: CopiedHereDeps;
  readonly #watched: readonly WatchedClipboard[];
  /** One look after the other: two at once could not tell what came first. */
  #looks: Promise<void> = Promise.resolve();

  constructor(deps: CopiedHereDeps) {
    this.#deps = deps;
    this.#watched = deps.clipboards.map((clipboard) => new WatchedClipboard(clipboard));
    const { window } = deps;
    window.on('focus', this.#remember);
    window.on('blur', this.#compare);
    // A window that is closed has no focus to lose any more.
    window.on('close', this.#compareInFront);
    if (window.isFocused()) this.#remember();
  }

  /** Holds once it is done. */
  async clear(): Promise<void> {
    this.#compareInFront();
    this.#look((clipboard) => clipboard.clear());
    await this.#looks;
  }

  dispose(): void {
    const { window } = this.#deps;
    if (window.isDestroyed()) return;
    window.off('focus', this.#remember);
    window.off('blur', this.#compare);
    window.off('close', this.#compareInFront);
  }

  readonly #remember = (): void => this.#look((clipboard) => clipboard.remember());

  readonly #compare = (): void => this.#look((clipboard) => clipboard.compare());

  readonly #compareInFront = (): void => {
    const { window } = this.#deps;
    if (!window.isDestroyed() && window.isFocused()) this.#compare();
  };

  #look(how: (clipboard: WatchedClipboard) => Promise<void>): void {
    this.#looks = this.#looks.then(async () => {
      const done = await Promise.allSettled(this.#watched.map(how));
      for (const outcome of done) {
        if (outcome.status === 'fulfilled') continue;
        const { reason: error } = outcome;
        this.#deps.log({ level: 'error', message: 'the clipboard cannot be looked at', error });
      }
    });
  }
}

class WatchedClipboard {
  readonly #clipboard: SystemClipboard;
  #before: string | null = null;
  #ours: string | null = null;

  constructor(clipboard: SystemClipboard) {
    this.#clipboard = clipboard;
  }

  async remember(): Promise<void> {
    this.#before = await this.#digest();
  }

  async compare(): Promise<void> {
    const now = await this.#digest();
    if (this.#before !== null && now !== this.#before) this.#ours = now;
  }

  async clear(): Promise<void> {
    if (this.#ours === null || (await this.#digest()) !== this.#ours) return;
    this.#clipboard.clear();
    this.#ours = null;
    await this.remember();
  }

  async #digest(): Promise<string> {
    const text = await this.#clipboard.readText();
    return createHash('sha256').update(text).digest('base64');
  }
}
