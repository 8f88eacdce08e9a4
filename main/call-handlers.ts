import { CodedError } from '../src/contract/errors.ts';
import type { AppInfo } from '../src/contract/ipc.ts';
import type { TerminalState } from '../src/contract/terminal.ts';
import type { Terminal } from '../src/terminal/terminal.ts';
import type { CallHandlers } from './ipc.ts';
import type { SettingsStore } from './settings.ts';

type CallHandlerDeps = {
  terminal: Terminal;
  settings: SettingsStore;
  /** What does not change while the app runs, save that a person may go on without a vault. */
  appInfo: Omit<AppInfo, 'managed'>;
  /** See AppInfo. */
  managed: () => boolean;
  /** Called with the theme chosen, or null for the system's. */
  applyTheme(theme: 'light' | 'dark' | null): void;
};

/** What each call of the page does. */
export function createCallHandlers(deps: CallHandlerDeps): CallHandlers {
  const { terminal, settings } = deps;
  let { vault } = deps.appInfo;
  return {
    getState: async () => terminal.state,
    getAppInfo: async () => ({ ...deps.appInfo, vault, managed: deps.managed() }),
    getPreferences: async () => settings.preferences,
    setPreferences: async (preferences) => {
      settings.setPreferences(preferences);
      deps.applyTheme(preferences.theme);
    },
    useMemoryVault: async () => {
      await terminal.useMemoryVault();
      vault = 'memory';
    },
    enroll: (offer) => terminal.enroll(offer),
    forgetEnrollment: async () => {
      if (deps.managed()) throw leftToAdministrators();
      await terminal.forgetEnrollment();
    },
    signIn: () => terminal.signIn(),
    signOut: () => terminal.signOut(),
    connect: (desktop) => terminal.connect(desktop),
    cancel: async () => {
      if (deps.managed() && isBeingEnrolled(terminal.state)) throw leftToAdministrators();
      await terminal.cancel();
    },
    retryNow: () => terminal.retryNow(),
    disconnect: () => terminal.disconnect(),
    endSession: (session) => terminal.endSession(session),
    lock: () => terminal.lock(),
    unlock: () => terminal.unlock(),
    reportStream: (report) => terminal.reportStream(report),
    answerShadowing: (answer) => terminal.answerShadowing(answer),
    markMessageRead: (read) => terminal.markMessageRead(read),
    fitScreen: (wish) => terminal.fitScreen(wish),
    openStream: (wanted) => terminal.openStream(wanted),
  };
}

/** Before anybody was asked to approve it: what a terminal enrolls by itself with never comes further. */
function isBeingEnrolled(state: TerminalState): boolean {
  return state.kind === 'enrolling' && state.request === null;
}

function leftToAdministrators(): CodedError {
  return new CodedError('not-possible-now', { detail: 'this is left to the administrator' });
}
