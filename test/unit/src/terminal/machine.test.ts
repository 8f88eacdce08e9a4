import { describe, expect, it } from 'vitest';
import { problem } from '../../../../src/contract/errors.ts';
import type { TerminalStateKind } from '../../../../src/contract/terminal.ts';
import { terminalStateSchema } from '../../../../src/contract/terminal.ts';
import type { TerminalEventKind } from '../../../../src/terminal/events.ts';
import { initialStep, transition } from '../../../../src/terminal/machine.ts';
import { broker, context, events, stateOf, states } from './fixtures.ts';

/**
 * Every state × every event: the state that follows and the effects begun. What is not listed here
 * must be refused, so a new transition fails this test until it is written down.
 */
const expected: Record<TerminalStateKind, Partial<Record<TerminalEventKind, string>>> = {
  booting: {
    'identity-found': 'booting: resume',
    'identity-missing': 'unenrolled',
    resumed: 'connecting: request-ticket',
    'nothing-to-resume': 'signed-out: greet',
    failed: 'booting: wait-until',
    due: 'booting: resume',
    'retry-now': 'booting: resume',
    forget: 'unenrolled: forget',
  },
  blocked: {
    'identity-found': 'blocked: resume',
    'identity-missing': 'unenrolled',
    resumed: 'connecting: request-ticket',
    'nothing-to-resume': 'signed-out: greet',
    failed: 'blocked',
    'retry-now': 'booting: read-vault',
    'use-memory-vault': 'unenrolled',
  },
  unenrolled: { enroll: 'enrolling: enroll', failed: 'unenrolled' },
  enrolling: {
    'enrollment-requested': 'enrolling: await-approval',
    'enrollment-delayed': 'enrolling: wait-until',
    due: 'enrolling: enroll-unattended',
    'retry-now': 'enrolling: enroll-unattended',
    enrolled: 'signed-out: greet',
    cancel: 'unenrolled',
    failed: 'unenrolled',
  },
  'signed-out': {
    'sign-in': 'signing-in: sign-in',
    greeted: 'signed-out: wait-until',
    'account-signed-in': 'connecting: start-session',
    due: 'signed-out: greet',
    'retry-now': 'signed-out: greet',
    failed: 'signed-out: wait-until',
    forget: 'unenrolled: forget',
  },
  'signing-in': {
    'signed-in': 'signed-in: list-desktops',
    'account-signed-in': 'connecting: start-session',
    'sign-in-cancelled': 'signed-out: greet',
    cancel: 'signed-out: greet',
    failed: 'signed-out: greet',
  },
  'signed-in': {
    'desktops-listed': 'signed-in: wait-until',
    due: 'signed-in: list-desktops',
    'retry-now': 'signed-in: list-desktops',
    connect: 'connecting: start-session',
    end: 'signed-in: end-session',
    failed: 'signed-in: wait-until',
    'sign-out': 'signed-out: sign-out greet',
    lock: 'locked: lock',
  },
  connecting: {
    'session-changed': 'connecting: request-ticket',
    'ticket-granted': 'streaming: wait-until',
    failed: 'reconnecting: wait-until',
    cancel: 'signed-in: list-desktops',
    'sign-out': 'signed-out: sign-out greet',
    lock: 'locked: lock',
  },
  streaming: {
    'stream-live': 'streaming: watch-session',
    'session-changed': 'streaming: watch-session',
    'stream-closed': 'reconnecting: wait-until',
    due: 'reconnecting: wait-until',
    disconnect: 'signed-in: list-desktops',
    end: 'ended: end-session',
    'sign-out': 'signed-out: sign-out greet',
    lock: 'locked: lock',
  },
  reconnecting: {
    due: 'reconnecting: request-ticket',
    'retry-now': 'reconnecting: request-ticket',
    'ticket-granted': 'streaming: wait-until',
    failed: 'reconnecting: wait-until',
    cancel: 'signed-in: list-desktops',
    disconnect: 'signed-in: list-desktops',
    end: 'ended: end-session',
    'sign-out': 'signed-out: sign-out greet',
    lock: 'locked: lock',
  },
  ended: {
    connect: 'connecting: start-session',
    cancel: 'signed-in: list-desktops',
    disconnect: 'signed-in: list-desktops',
    'sign-out': 'signed-out: sign-out greet',
    lock: 'locked: lock',
  },
  locked: {
    unlock: 'locked: sign-in',
    'signed-in': 'connecting: request-ticket',
    'sign-in-cancelled': 'locked',
    failed: 'locked',
    'sign-out': 'signed-out: sign-out greet',
  },
};

const stateKinds = Object.keys(states) as TerminalStateKind[]; // Object.keys widens to string[]
const eventKinds = Object.keys(events) as TerminalEventKind[];

describe.each(stateKinds)('%s', (stateKind) => {
  it.each(eventKinds)('on %s', (eventKind) => {
    const step = transition(stateOf(stateKind), events[eventKind], context);
    const told =
      step &&
      [step.state.kind, step.effects.map(({ kind }) => kind).join(' ')].filter(Boolean).join(': ');
    expect(told).toBe(expected[stateKind][eventKind] ?? null);
    if (step !== null) expect(terminalStateSchema.parse(step.state)).toEqual(step.state);
  });

  it('gives up the enrollment when the broker no longer knows the terminal', () => {
    const event = { kind: 'failed', problem: problem('terminal-unknown') } as const;
    const step = transition(stateOf(stateKind), event, context);
    expect(step?.state).toMatchObject({ kind: 'unenrolled', problem: event.problem });
    expect(step?.effects).toEqual([{ kind: 'forget' }]);
  });

  it('shows nothing any more once the broker shows another key', () => {
    const event = { kind: 'failed', problem: problem('broker-key-changed') } as const;
    const step = transition(stateOf(stateKind), event, context);
    expect(step?.state).toMatchObject({ kind: 'blocked', problem: event.problem });
    expect(step?.effects).toMatchObject([{ kind: 'wait-until' }]);
  });

  it.each(['broker-name-wrong', 'broker-certificate-expired'] as const)(
    'shows nothing any more by %s, once there is a broker that it knows',
    (code) => {
      const event = { kind: 'failed', problem: problem(code) } as const;
      const step = transition(stateOf(stateKind), event, context);
      const knowsNone = stateKind === 'unenrolled' || stateKind === 'enrolling';
      expect(step?.state.kind).toBe(knowsNone ? 'unenrolled' : 'blocked');
    },
  );
});

describe('blocked', () => {
  const retry = { attempt: 1, at: context.now, problem: problem('broker-key-changed') };
  const blocked = { kind: 'blocked', problem: retry.problem, retry } as const;

  it('by the broker: looks for it again, up to once a minute, and shows nothing meanwhile', () => {
    const look = transition(blocked, events.due, context);
    expect(look).toEqual({ state: blocked, effects: [{ kind: 'read-vault' }] });
    const found = transition(blocked, events['identity-found'], context);
    expect(found).toEqual({ state: blocked, effects: [{ kind: 'resume' }] });
    const away = { kind: 'failed', problem: problem('broker-unreachable') } as const;
    for (const event of [away, { kind: 'failed', problem: retry.problem } as const]) {
      const again = transition({ ...blocked, retry: { ...retry, attempt: 20 } }, event, context);
      const at = context.now + 30_000;
      const next = { attempt: 21, at, problem: retry.problem };
      expect(again?.state).toEqual({ ...blocked, retry: next });
      expect(again?.effects).toEqual([{ kind: 'wait-until', at }]);
    }
  });

  it('by the vault: waits for a person', () => {
    expect(transition(states.blocked, events.due, context)).toBeNull();
    const event = { kind: 'failed', problem: problem('vault-unavailable') } as const;
    const step = transition(blocked, event, context);
    expect(step).toEqual({
      state: { kind: 'blocked', problem: event.problem, retry: null },
      effects: [],
    });
  });

  it('by another key: may be forgotten, and is no reason to leave the keychain', () => {
    expect(transition(blocked, events.forget, context)?.effects).toEqual([{ kind: 'forget' }]);
    expect(transition(blocked, events['use-memory-vault'], context)).toBeNull();
  });

  it('without a keychain: nothing can be forgotten', () => {
    expect(transition(states.blocked, events.forget, context)).toBeNull();
  });
});

describe('enrolling without a person', () => {
  const unattended = { ...context, unattended: { broker } };

  it('begins as soon as it is known that there is no identity', () => {
    for (const [state, event] of [
      [states.booting, events['identity-missing']],
      [states.blocked, events['use-memory-vault']],
    ] as const) {
      const step = transition(state, event, unattended);
      expect(step?.state).toEqual({
        kind: 'enrolling',
        offer: { broker },
        request: null,
        retry: null,
      });
      expect(step?.effects).toEqual([{ kind: 'enroll-unattended' }]);
    }
  });

  it('is tried again, later each time', () => {
    const step = transition(states.enrolling, events['enrollment-delayed'], unattended);
    expect(step?.state).toMatchObject({ retry: { attempt: 3, at: context.now + 1_000 } });
  });

  it('is never what becomes of an enrollment that a person began', () => {
    const state = { ...states.enrolling, retry: null };
    expect(transition(state, events.due, unattended)).toBeNull();
    expect(transition(state, events['retry-now'], unattended)).toBeNull();
  });
});

describe('the account of the terminal', () => {
  const withAccount = { ...context, account: true };
  const signIn = { kind: 'sign-in-account' } as const;

  it.each([
    ['enrolling', 'enrolled'],
    ['booting', 'nothing-to-resume'],
  ] as const)('signs in by itself: %s on %s', (state, event) => {
    const step = transition(states[state], events[event], withAccount);
    expect(step?.state).toEqual({ kind: 'signing-in', broker, account: true });
    expect(step?.effects).toEqual([signIn]);
  });

  it('signs in once the broker gave it to a terminal that waits', () => {
    const step = transition(states['signed-out'], events.greeted, withAccount);
    expect(step?.state).toMatchObject({ kind: 'signed-out', account: true });
    expect(step?.effects).toEqual([signIn]);
  });

  it('is tried again, later each time', () => {
    const first = transition(
      { ...states['signing-in'], account: true },
      events.failed,
      withAccount,
    );
    expect(first?.state).toMatchObject({ kind: 'signed-out', retry: { attempt: 1 } });
    const second = first && transition(first.state, events.failed, withAccount);
    expect(second?.state).toMatchObject({ kind: 'signed-out', retry: { attempt: 2 } });
    expect(second?.effects).toMatchObject([{ kind: 'wait-until' }]);
  });

  it('leaves somebody who signed out the time to sign in otherwise', () => {
    const step = transition(states['signed-in'], events['sign-out'], withAccount);
    expect(step?.effects).toEqual([
      { kind: 'sign-out' },
      { kind: 'wait-until', at: context.now + 10_000 },
    ]);
  });

  it('shows the list where its desktop is not offered', () => {
    const event = { ...events['account-signed-in'], desktop: null };
    expect(transition(states['signing-in'], event, withAccount)?.state.kind).toBe('signed-in');
  });
});

describe('signed out', () => {
  it('says nothing of a broker that is away before anybody asks for it', () => {
    const step = transition(states['signed-out'], events.failed, context);
    expect(step?.state).toEqual(states['signed-out']);
  });

  it('says that the vault could not be written', () => {
    const event = { kind: 'failed', problem: problem('vault-unavailable') } as const;
    const step = transition(states['signed-out'], event, context);
    expect(step?.state).toMatchObject({ problem: event.problem });
  });
});

describe('booting', () => {
  it('begins with the vault', () => {
    expect(initialStep.effects).toEqual([{ kind: 'read-vault' }]);
  });

  it('asks before it goes on without a keychain', () => {
    const event = { kind: 'failed', problem: problem('vault-unavailable') } as const;
    expect(transition(states.booting, event, context)?.state.kind).toBe('blocked');
  });

  it('asks for a new enrollment when the keychain holds rubbish', () => {
    const event = { kind: 'failed', problem: problem('vault-damaged') } as const;
    const state = transition(states.booting, event, context)?.state;
    expect(state).toMatchObject({ kind: 'unenrolled', problem: event.problem });
  });

  it('waits longer with each try', () => {
    const step = transition(states.booting, events.failed, context);
    expect(step?.state).toMatchObject({ retry: { attempt: 3, at: context.now + 1_000 } });
  });
});
