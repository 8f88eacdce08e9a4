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

/**
 * Clears away what a user leaves behind, each time there is none any more: the page's caches and
 * storage, all of it in memory, and what was copied. Given to the terminal as a listener.
 */
export function createLeaveNothing(deps: {
  page: Pick<Session, 'clearStorageData' | 'clearCache' | 'clearCodeCaches' | 'clearAuthCache'>;
  copied: { clear(): Promise<void> };
  log: Log;
}): (state: TerminalState) => void {
  const { page, copied, log } = deps;
  let somebody = false;
  return (state) => {
    const left = somebody && nobody.has(state.kind);
    somebody = 'user' in state || (somebody && !left);
    if (!left) return;
    Promise.all([
      copied.clear(),
      page.clearStorageData(),
      page.clearCache(),
      page.clearCodeCaches({}),
      page.clearAuthCache(),
    ]).catch((error: unknown) => {
      log({ level: 'error', message: 'what the user left could not be cleared away', error });
    });
  };
}
