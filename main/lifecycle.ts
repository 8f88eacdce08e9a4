import { setTimeout as pause } from 'node:timers/promises';
import type { App, BrowserWindow } from 'electron';
import type { Disposable } from '../src/contract/disposable.ts';

/** Another program may keep a clipboard and not answer. */
const lastWorkMs = 3_000;

/**
 * The life of the app, in phases that never go back:
 *
 *   starting ──► running ──► quitting ──► gone
 *
 * One terminal per profile: a second start shows the window of the first and ends. The app ends
 * with its window, on every system, once its last work is done; what was opened is then let go of
 * in reverse order.
 */
export class Lifecycle {
  readonly #app: App;
  readonly #opened: Disposable[] = [];
  #phase: 'starting' | 'running' | 'quitting' | 'gone' = 'starting';

  constructor(app: App) {
    this.#app = app;
  }

  /** Whether this process is the terminal of its profile. When not, there is nothing to do. */
  claim(): boolean {
    return this.#app.requestSingleInstanceLock();
  }

  /** Lets go of something when the app ends. */
  own(resource: Disposable): void {
    this.#opened.push(resource);
  }

  /** @param lastWork what the end waits for, within reason; never rejects */
  run(window: BrowserWindow, lastWork: () => Promise<void>): void {
    if (this.#phase !== 'starting') throw new Error(`cannot run while ${this.#phase}`);
    this.#phase = 'running';
    this.#app.on('second-instance', () => {
      if (window.isDestroyed()) return;
      if (window.isMinimized()) window.restore();
      window.focus();
    });
    this.#app.on('window-all-closed', () => this.#app.quit());
    this.#app.on('will-quit', (event) => {
      if (this.#phase === 'gone') return;
      event.preventDefault();
      if (this.#phase === 'running') void this.#quit(lastWork);
    });
  }

  async #quit(lastWork: () => Promise<void>): Promise<void> {
    this.#phase = 'quitting';
    await Promise.race([lastWork(), pause(lastWorkMs)]);
    this.#phase = 'gone';
    for (const resource of this.#opened.reverse()) resource.dispose();
    // While `will-quit` is being told, which may be now still, Electron takes no wish to quit.
    setImmediate(() => this.#app.quit());
  }
}
