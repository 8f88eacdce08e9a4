import { expect, it } from 'vitest';
import { LeaveNothing } from '../../../main/leave-nothing.ts';
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

function setUp(clearing: Promise<void> = Promise.resolve()) {
  const cleared: string[] = [];
  const clear = (what: string) => () => {
    cleared.push(what);
    return clearing;
  };
  const nothing = new LeaveNothing({
    page: {
      clearStorageData: clear('storage'),
      clearCache: clear('cache'),
      clearCodeCaches: clear('code'),
      clearAuthCache: clear('passwords'),
    },
    copied: { clear: clear('clipboard') },
    log: () => undefined,
  });
  return { cleared, nothing };
}

function clearedIn(...passed: TerminalState[]): string[] {
  const { cleared, nothing } = setUp();
  for (const state of passed) nothing.follow(state);
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

it('tells when nothing is left', async () => {
  const clearing = Promise.withResolvers<void>();
  const { nothing } = setUp(clearing.promise);
  await nothing.cleared;
  nothing.follow(states.signedIn);
  nothing.follow(states.signedOut);
  const told = nothing.cleared.then(() => 'told');
  const soon = new Promise((resolve) => setImmediate(resolve, 'not yet'));
  expect(await Promise.race([told, soon])).toBe('not yet');
  clearing.resolve();
  expect(await told).toBe('told');
});

it('lets a user go on whose predecessor left what cannot be cleared', async () => {
  const { nothing } = setUp(Promise.reject(new Error('no')));
  nothing.follow(states.signedIn);
  nothing.follow(states.signedOut);
  await expect(nothing.cleared).resolves.toBeUndefined();
});

it('takes what was copied along when the app ends while somebody is there', async () => {
  const { cleared, nothing } = setUp();
  await nothing.end();
  expect(cleared).toEqual([]);
  nothing.follow(states.locked);
  await nothing.end();
  expect(cleared).toEqual(['clipboard']);
});
