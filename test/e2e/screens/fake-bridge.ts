import type { Problem } from '../../../src/contract/errors.ts';
import type { AppInfo, CallName, Preferences } from '../../../src/contract/ipc.ts';
import type { TerminalState } from '../../../src/contract/terminal.ts';

export type BridgeScript = {
  state: TerminalState;
  info: AppInfo;
  preferences: Preferences;
  /** Whether the desktop's own system fits itself to the screen. */
  fits: boolean;
};
export type BridgeCall = { name: CallName; argument: unknown };

export type FakeBridge = {
  /** Every call that was made but the questions at the start. */
  calls: BridgeCall[];
  push(state: TerminalState): void;
  /** The next call of this name is refused. */
  refuse(name: CallName, problem: Problem): void;
};

declare global {
  interface Window {
    fakeBridge: FakeBridge;
  }
}

/** Runs in the page after the other, where it was installed for an earlier load. */
export function removeFakeBridge(): void {
  Reflect.deleteProperty(window, 'porthole');
}

/** Runs in the page before its scripts, in the place of the preload; so it can use nothing outside. */
export function installFakeBridge({ state, info, preferences, fits }: BridgeScript): void {
  const listeners = new Set<(state: TerminalState) => void>();
  const refusals = new Map<string, Problem>();
  const answers: Record<string, () => unknown> = {
    getState: () => current,
    getAppInfo: () => info,
    getPreferences: () => preferences,
    fitScreen: () => ({ fitted: fits }),
  };
  let current = state;

  const fake: FakeBridge = {
    calls: [],
    push(next) {
      current = next;
      for (const listener of listeners) listener(next);
    },
    refuse: (name, problem) => refusals.set(name, problem),
  };

  const bridge = new Proxy(
    {},
    {
      get(_, name: CallName | 'onState' | 'then') {
        if (name === 'then') return undefined;
        if (name === 'onState') {
          return (listener: (state: TerminalState) => void) => {
            listeners.add(listener);
            return () => listeners.delete(listener);
          };
        }
        return async (argument: unknown) => {
          const answer = answers[name];
          if (answer !== undefined) return { ok: true, value: answer() };
          fake.calls.push({ name, argument });
          const problem = refusals.get(name);
          refusals.delete(name);
          return problem === undefined ? { ok: true, value: undefined } : { ok: false, problem };
        };
      },
    },
  );
  Object.assign(window, { fakeBridge: fake, porthole: bridge });
}
