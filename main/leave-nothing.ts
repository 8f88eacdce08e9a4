import type { Session } from 'electron';
import type { TerminalState, TerminalStateKind } from '../src/contract/terminal.ts';
import type { Log } from './log.ts';

/** States in which nobody is signed in. */
const nobody: ReadonlySet<TerminalStateKind> = new Set([
  'blocked',
  'unenrolled',
  'enrolling',
  'signed-out',
]);

type LeaveNothingDeps = {
  page: Pick<Session, 'clearStorageData' | 'clearCache' | 'clearCodeCaches' | 'clearAuthCache'>;
  copied: { clear(): Promise<void> };
  log: Log;
};

/**
 * Clears away what a user leaves behind, each time there is none any more: the page's caches and
 * storage, all of it in memory, and what was copied. Follows the states of the terminal.
 */
export class LeaveNothing {
  readonly #deps: LeaveNothingDeps;
  #somebody = false;
  #cleared: Promise<void> = Promise.resolve();

  constructor(deps: LeaveNothingDeps) {
    this.#deps = deps;
  }

  /** Holds once nothing is left of whoever was there before. Never rejects. */
  get cleared(): Promise<void> {
    return this.#cleared;
  }

  readonly follow = (state: TerminalState): void => {
    const left = this.#somebody && nobody.has(state.kind);
    this.#somebody = 'user' in state || (this.#somebody && !left);
    if (left) this.#cleared = this.#clear();
  };

  /** For the end of the app, which takes its memory with it, but not what was copied. */
  async end(): Promise<void> {
    if (this.#somebody) await this.#deps.copied.clear();
    await this.#cleared;
  }

  async #clear(): Promise<void> {
    const { page, copied, log } = this.#deps;
    try {
      await Promise.all([
        copied.clear(),
        page.clearStorageData(),
        page.clearCache(),
        page.clearCodeCaches({}),
        page.clearAuthCache(),
      ]);
    } catch (error) {
      log({ level: 'error', message: 'what the user left could not be cleared away', error });
    }
  }
}
