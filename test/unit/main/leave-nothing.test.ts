import { expect, it } from 'vitest';
import { createLeaveNothing } from '../../../main/leave-nothing.ts';
import type { TerminalState } from '../../../src/contract/terminal.ts';

const user = { id: '5f0c9a52-7d6e-4b0f-9d3e-1b1c5a1f2e3d', username: 'ada', displayName: 'Ada' };
const broker = 'https://broker.example';
const states = {
  booting: { kind: 'booting', broker, retry: null },
  signingIn: { kind: 'signing-in', broker, account: false },
  signedOut: { kind: 'signed-out', broker, account: false, retry: null, problem: null },
  signedIn: { kind: 'signed-in', user, desktops: null, problem: null },
  locked: { kind: 'locked', user, session: null, unlocking: false, problem: null },
  unenrolled: { kind: 'unenrolled', offer: null, problem: null },
} satisfies Record<string, TerminalState>;

function clearedIn(...passed: TerminalState[]): string[] {
  const cleared: string[] = [];
  const clear = (what: string) => async () => {
    cleared.push(what);
  };
  const follow = createLeaveNothing({
    page: {
      clearStorageData: clear('storage'),
      clearCache: clear('cache'),
      clearCodeCaches: clear('code'),
      clearAuthCache: clear('passwords'),
    },
    copied: { clear: clear('clipboard') },
    log: () => undefined,
  });
  for (const state of passed) follow(state);
  return cleared;
}

it.each(['signedOut', 'unenrolled'] as const)('clears all once a user is gone: %s', (then) => {
  const everything = ['cache', 'clipboard', 'code', 'passwords', 'storage'];
  expect(clearedIn(states.signedIn, states[then]).sort()).toEqual(everything);
});

it('clears nothing while somebody is there, be they locked out', () => {
  expect(clearedIn(states.signedIn, states.locked, states.signedIn)).toEqual([]);
});

it('clears nothing when nobody was there', () => {
  expect(clearedIn(states.booting, states.signedOut, states.signingIn, states.signedOut)).toEqual(
    [],
  );
});
