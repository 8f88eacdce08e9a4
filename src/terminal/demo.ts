import type { Disposable } from '../contract/disposable.ts';
import type { TerminalState } from '../contract/terminal.ts';
import type { Terminal } from './terminal.ts';

/**
 * Does what a person would do to see their first desktop: opens the sign-in page, and connects to
 * the first desktop. Each once: from then on, and after any problem, the person leads.
 */
export function runDemo(terminal: Terminal): Disposable {
  const done = new Set<TerminalState['kind']>();
  const follow = (state: TerminalState): void => {
    if (done.has(state.kind) || ('problem' in state && state.problem !== null)) return;
    const action = nextAction(terminal, state);
    if (action === null) return;
    done.add(state.kind);
    // Listeners are told of a state before the terminal begins what belongs to it.
    queueMicrotask(() => void action().catch(() => subscription.dispose()));
  };
  const subscription = terminal.onState(follow);
  return subscription;
}

function nextAction(terminal: Terminal, state: TerminalState): (() => Promise<void>) | null {
  switch (state.kind) {
    case 'signed-out':
      return () => terminal.signIn();
    case 'signed-in': {
      const desktop = state.desktops?.[0];
      return desktop === undefined ? null : () => terminal.connect({ desktopId: desktop.id });
    }
    default:
      return null;
  }
}
