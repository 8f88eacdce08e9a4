import type { App, BrowserWindow } from 'electron';
import type { Disposable } from '../src/contract/disposable.ts';

/**
 * The life of the app, in phases that never go back:
 *
 *   starting ──► running ──► quitting
 *
 * One terminal per profile: a second start shows the window of the first and ends. The app ends
 * with its window, on every system; what was opened is let go of in reverse order.
 */
export class Lifecycle {
  readonly #app: App;
  readonly #opened: Disposable[] = [];
  #phase: 'starting' | 'running' | 'quitting' = 'starting';

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

  run(window: BrowserWindow): void {
    if (this.#phase !== 'starting') throw new Error(`cannot run while ${this.#phase}`);
    this.#phase = 'running';
    this.#app.on('second-instance', () => {
      if (window.isDestroyed()) return;
      if (window.isMinimized()) window.restore();
      window.focus();
    });
    this.#app.on('window-all-closed', () => this.#app.quit());
    this.#app.on('will-quit', () => this.#letGo());
  }

  #letGo(): void {
    if (this.#phase === 'quitting') return;
    this.#phase = 'quitting';
    for (const resource of this.#opened.reverse()) resource.dispose();
  }
}
