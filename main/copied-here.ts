import { createHash } from 'node:crypto';
import type { BrowserWindow } from 'electron';
import type { Disposable } from '../src/contract/disposable.ts';

type CopiedHereDeps = {
  /** Of Electron; earlier versions answer at once. */
  clipboard: { readText(): Promise<string> | string; clear(): void };
  window: Pick<BrowserWindow, 'on' | 'off' | 'isFocused' | 'isDestroyed'>;
};

/**
 * Takes back from the clipboard what was put there in this window: a user's text is not to be found
 * by the next one. What other programs put there is theirs. Electron tells nobody of a copy, but
 * whatever changed between the window's coming to the front and its leaving was copied in it. Kept
 * is a digest only.
 */
export class CopiedHere implements Disposable {
  readonly #deps: CopiedHereDeps;
  #before: string | null = null;
  #ours: string | null = null;

  constructor(deps: CopiedHereDeps) {
    this.#deps = deps;
    deps.window.on('focus', this.#remember);
    deps.window.on('blur', this.#compare);
    if (deps.window.isFocused()) void this.#remember();
  }

  async clear(): Promise<void> {
    if (this.#deps.window.isFocused()) await this.#compare();
    if (this.#ours === null || (await this.#digest()) !== this.#ours) return;
    this.#deps.clipboard.clear();
    this.#ours = null;
    await this.#remember();
  }

  dispose(): void {
    const { window } = this.#deps;
    if (window.isDestroyed()) return;
    window.off('focus', this.#remember);
    window.off('blur', this.#compare);
  }

  readonly #remember = async (): Promise<void> => {
    this.#before = await this.#digest();
  };

  readonly #compare = async (): Promise<void> => {
    const now = await this.#digest();
    if (this.#before !== null && now !== this.#before) this.#ours = now;
  };

  async #digest(): Promise<string> {
    const text = await this.#deps.clipboard.readText();
    return createHash('sha256').update(text).digest('base64');
  }
}
