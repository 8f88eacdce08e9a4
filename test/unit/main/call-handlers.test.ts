import { expect, it } from 'vitest';
import { createCallHandlers } from '../../../main/call-handlers.ts';
import { SettingsStore } from '../../../main/settings.ts';
import { CodedError } from '../../../src/contract/errors.ts';
import type { AppInfo } from '../../../src/contract/ipc.ts';
import type { TerminalState } from '../../../src/contract/terminal.ts';
import type { Terminal } from '../../../src/terminal/terminal.ts';
import { temporaryFolder } from './temporary-folder.ts';

const path = temporaryFolder();
const appInfo: Omit<AppInfo, 'managed'> = {
  version: '1.2.3',
  electron: '45.0.0',
  systemLanguage: 'en',
  terminalName: 'desk 4',
  vault: 'keychain',
};

/** A terminal that answers every method by recording it. */
function recordingTerminal(refuse: string | null, state: TerminalState) {
  const asked: unknown[][] = [];
  const terminal = new Proxy(
    {},
    {
      get: (_target, name) =>
        name === 'state'
          ? state
          : async (...args: unknown[]) => {
              asked.push([name, ...args]);
              if (name === refuse) throw new CodedError('not-possible-now');
            },
    },
  );
  // Every property is answered, so it has those of a terminal.
  return { asked, terminal: terminal as Terminal };
}

const booting: TerminalState = { kind: 'booting', broker: null, retry: null };

function setUp(refuse: string | null = null, managed = false, state: TerminalState = booting) {
  const { asked, terminal } = recordingTerminal(refuse, state);
  const themes: unknown[] = [];
  const file = path('settings.json');
  const settings = new SettingsStore({ file, log: () => undefined, now: () => 0 });
  const handlers = createCallHandlers({
    terminal,
    settings,
    appInfo,
    managed: () => managed,
    applyTheme: (theme) => themes.push(theme),
  });
  return { asked, themes, handlers };
}

it('passes what a person wishes on to the terminal, argument and all', async () => {
  const { asked, handlers } = setUp();
  await handlers.enroll({ broker: 'b' });
  await handlers.forgetEnrollment(undefined);
  await handlers.signIn(undefined);
  await handlers.signOut(undefined);
  await handlers.connect({ desktopId: 'd' });
  await handlers.cancel(undefined);
  await handlers.retryNow(undefined);
  await handlers.disconnect(undefined);
  await handlers.endSession({ sessionId: 's' });
  await handlers.lock(undefined);
  await handlers.unlock(undefined);
  await handlers.reportStream({ kind: 'live', grant: 1 });
  expect(asked).toEqual([
    ['enroll', { broker: 'b' }],
    ['forgetEnrollment'],
    ['signIn'],
    ['signOut'],
    ['connect', { desktopId: 'd' }],
    ['cancel'],
    ['retryNow'],
    ['disconnect'],
    ['endSession', { sessionId: 's' }],
    ['lock'],
    ['unlock'],
    ['reportStream', { kind: 'live', grant: 1 }],
  ]);
});

it('says what the terminal is', async () => {
  const { handlers } = setUp();
  expect(await handlers.getState(undefined)).toMatchObject({ kind: 'booting' });
  expect(await handlers.getAppInfo(undefined)).toEqual({ ...appInfo, managed: false });
});

it('keeps preferences and applies the theme', async () => {
  const { handlers, themes } = setUp();
  const chosen = {
    language: 'ar',
    theme: 'dark',
    textSize: 150,
    showsFigures: true,
    scaling: 'fit',
    density: 'even',
  } as const;
  await handlers.setPreferences(chosen);
  expect(await handlers.getPreferences(undefined)).toEqual(chosen);
  expect(themes).toEqual(['dark']);
});

it('says that nothing is kept, once a person went on without a keychain', async () => {
  const { handlers } = setUp();
  await handlers.useMemoryVault(undefined);
  expect(await handlers.getAppInfo(undefined)).toEqual({
    ...appInfo,
    vault: 'memory',
    managed: false,
  });
});

it('does not say so when the terminal refused', async () => {
  const { handlers } = setUp('useMemoryVault');
  await expect(handlers.useMemoryVault(undefined)).rejects.toThrow(CodedError);
  expect(await handlers.getAppInfo(undefined)).toEqual({ ...appInfo, managed: false });
});

it('leaves a managed terminal to its administrator', async () => {
  const offer = { broker: 'https://broker.example' };
  const state: TerminalState = { kind: 'enrolling', offer, request: null, retry: null };
  const { asked, handlers } = setUp(null, true, state);
  await expect(handlers.forgetEnrollment(undefined)).rejects.toThrow(CodedError);
  await expect(handlers.cancel(undefined)).rejects.toThrow(CodedError);
  expect(asked).toEqual([]);
  expect(await handlers.getAppInfo(undefined)).toMatchObject({ managed: true });
});

it('still cancels on a managed terminal what a person began', async () => {
  const { asked, handlers } = setUp(null, true);
  await handlers.cancel(undefined);
  expect(asked).toEqual([['cancel']]);
});
