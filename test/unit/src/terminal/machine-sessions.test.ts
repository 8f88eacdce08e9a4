import { describe, expect, it } from 'vitest';
import { problem } from '../../../../src/contract/errors.ts';
import { streamClose } from '../../../../src/contract/stream.ts';
import { transition } from '../../../../src/terminal/machine.ts';
import { context, desktop, events, grant, session, states, user } from './fixtures.ts';

const { startedAt } = session;

describe('a session that is taken up', () => {
  it.each([
    ['starting', 'connecting', 'follow-session'],
    ['running', 'connecting', 'request-ticket'],
    ['suspended', 'connecting', 'start-session'],
    ['ending', 'ended', undefined],
    ['ended', 'ended', undefined],
    ['failed', 'ended', undefined],
  ] as const)('%s → %s', (state, kind, effect) => {
    const event = { kind: 'resumed', user, session: { ...session, state } } as const;
    const step = transition(states.booting, event, context);
    expect(step?.state.kind).toBe(kind);
    expect(step?.effects[0]?.kind).toBe(effect);
  });
});

describe('connecting', () => {
  it('ends a desktop that was only starting when the person cancels', () => {
    const starting = { ...states.connecting, session: { ...session, state: 'starting' } } as const;
    expect(transition(starting, events.cancel, context)?.effects).toEqual([
      { kind: 'end-session', sessionId: session.id },
      { kind: 'list-desktops' },
    ]);
  });

  it.each([
    ['slept', 'suspended'],
    ['ran', 'running'],
    ['was starting', 'starting'],
  ] as const)('leaves a desktop that %s before when the person cancels', (_, before) => {
    const found = { ...desktop, session: { id: session.id, state: before, startedAt } };
    const listed = { ...states['signed-in'], desktops: [found] };
    const connecting = transition(listed, events.connect, context)?.state;
    const answer = { kind: 'session-changed', session: { ...session, state: 'starting' } } as const;
    const woken = connecting && transition(connecting, answer, context)?.state;
    expect(woken).toMatchObject({ kind: 'connecting', resumes: true });
    expect(woken && transition(woken, events.cancel, context)?.effects).toEqual([
      { kind: 'list-desktops' },
    ]);
  });

  it('tells that a desktop which sleeps is kept when there is no room to wake it', () => {
    const full = { kind: 'failed', problem: problem('host-full') } as const;
    const kept = { kind: 'ended', problem: { code: 'host-full' }, running: true };
    const asked = { ...states.connecting, session: null, resumes: true };
    expect(transition(asked, full, context)?.state).toMatchObject(kept);
    const asleep = { ...session, state: 'suspended' } as const;
    const waking = { ...states.connecting, session: asleep };
    expect(transition(waking, full, context)?.state).toMatchObject(kept);
    expect(transition(states.reconnecting, full, context)?.state).toMatchObject(kept);
    const ended = { ...states.ended, running: true };
    expect(transition(ended, events.connect, context)?.state).toMatchObject({ resumes: true });
  });

  it('tells why a desktop could not be woken, rather than try again at once', () => {
    const reason = problem('image-unknown');
    const asleep = { ...session, state: 'suspended', problem: reason } as const;
    const changed = { kind: 'session-changed', session: asleep } as const;
    const waking = { ...states.connecting, session: { ...session, state: 'starting' } } as const;
    expect(transition(waking, changed, context)).toMatchObject({
      state: { kind: 'ended', problem: { code: 'image-unknown' }, running: true },
      effects: [],
    });
    // One that was found so may wake this time.
    const found = { kind: 'resumed', user, session: asleep } as const;
    expect(transition(states.booting, found, context)?.effects[0]?.kind).toBe('start-session');
  });

  it('has nothing to keep of a new desktop that there is no room for', () => {
    const full = { kind: 'failed', problem: problem('host-full') } as const;
    const asked = { ...states.connecting, session: null, resumes: false };
    expect(transition(asked, full, context)?.state).toMatchObject({ running: false });
  });

  it('tells why a desktop could not be started', () => {
    const event = { kind: 'failed', problem: problem('disk-full') } as const;
    const state = { ...states.connecting, session: null };
    expect(transition(state, event, context)?.state).toMatchObject({
      kind: 'ended',
      problem: { code: 'disk-full' },
      running: false,
    });
  });

  it('has no place for a ticket before there is a session', () => {
    const state = { ...states.connecting, session: null };
    expect(transition(state, events['ticket-granted'], context)).toBeNull();
  });

  it('goes back to the sign-in when the user is not signed in any more', () => {
    const event = { kind: 'failed', problem: problem('not-signed-in') } as const;
    expect(transition(states.connecting, event, context)?.state.kind).toBe('signed-out');
  });

  it('knows only the desktops that were listed', () => {
    const event = { kind: 'connect', desktopId: user.id } as const;
    expect(transition(states['signed-in'], event, context)).toBeNull();
    expect(
      transition({ ...states['signed-in'], desktops: null }, events.connect, context),
    ).toBeNull();
  });
});

describe('streaming', () => {
  it('forgets failed tries once the picture is live', () => {
    const state = { ...states.streaming, attempt: 5 };
    expect(transition(state, events['stream-live'], context)?.state).toMatchObject({
      live: true,
      attempt: 0,
    });
  });

  it('is tried again when no picture came in time, and left alone when one did', () => {
    const granted = transition(states.connecting, events['ticket-granted'], context);
    expect(granted?.effects).toEqual([{ kind: 'wait-until', at: context.now + 15_000 }]);
    expect(transition(states.streaming, events.due, context)?.state).toMatchObject({
      kind: 'reconnecting',
      retry: { attempt: 1, problem: { code: 'stream-lost' } },
    });
    expect(transition({ ...states.streaming, live: true }, events.due, context)).toBeNull();
  });

  it('follows what the session says of itself while it runs, and leaves its end to the stream', () => {
    const live = { ...states.streaming, live: true };
    const held = { ...session, revision: 5, problem: problem('disk-full') };
    expect(transition(live, { kind: 'session-changed', session: held }, context)).toEqual({
      state: { ...live, session: held },
      effects: [{ kind: 'watch-session', session: held }],
    });
    const over = { ...session, state: 'ended' } as const;
    expect(transition(live, { kind: 'session-changed', session: over }, context)).toBeNull();
  });

  it('takes no report about another grant', () => {
    const late = { kind: 'stream-closed', grant: grant.number - 1, code: 1006 } as const;
    expect(transition(states.streaming, late, context)).toBeNull();
    const early = { kind: 'stream-live', grant: grant.number + 1 } as const;
    expect(transition(states.streaming, early, context)).toBeNull();
  });

  it.each([
    [1006, 'reconnecting', undefined],
    [streamClose.brokerStopping, 'reconnecting', undefined],
    [streamClose.guestLost, 'reconnecting', undefined],
    [streamClose.ticketInvalid, 'reconnecting', undefined],
    [streamClose.protocolError, 'reconnecting', undefined],
    [streamClose.idleLimit, 'ended', true],
    [streamClose.timeLimit, 'ended', false],
    [streamClose.takenOver, 'ended', true],
    [streamClose.sessionEnded, 'ended', false],
  ])('closed with %i → %s', (code, kind, running) => {
    const event = { kind: 'stream-closed', grant: grant.number, code } as const;
    const state = transition(states.streaming, event, context)?.state;
    expect(state?.kind).toBe(kind);
    if (running !== undefined) expect(state).toMatchObject({ running });
  });

  it('ends only its own session', () => {
    const other = { kind: 'end', sessionId: desktop.id } as const;
    expect(transition(states.streaming, other, context)).toBeNull();
    expect(transition(states.reconnecting, other, context)).toBeNull();
  });
});

describe('reconnecting', () => {
  it('keeps counting the tries when a ticket was granted but no picture came', () => {
    const granted = transition(states.reconnecting, events['ticket-granted'], context)?.state;
    expect(granted).toMatchObject({ kind: 'streaming', attempt: 2, live: false });
    const closed = granted && transition(granted, events['stream-closed'], context)?.state;
    expect(closed).toMatchObject({ kind: 'reconnecting', retry: { attempt: 3 } });
  });

  it.each([
    'session-ended',
    'session-not-found',
    'guest-failed',
    'desktop-not-found',
    'permission-missing',
  ] as const)('ends on %s', (code) => {
    const event = { kind: 'failed', problem: problem(code) } as const;
    expect(transition(states.reconnecting, event, context)?.state).toMatchObject({
      kind: 'ended',
      problem: { code },
    });
  });

  it('shows the steps again when the desktop is still starting', () => {
    const event = { kind: 'failed', problem: problem('session-not-ready') } as const;
    const step = transition(states.reconnecting, event, context);
    expect(step?.state.kind).toBe('connecting');
    expect(step?.effects[0]?.kind).toBe('follow-session');
  });

  it('waits as long as the broker asks for', () => {
    const busy = problem('too-many-requests', { retryAfterSeconds: 60 });
    const step = transition(states.reconnecting, { kind: 'failed', problem: busy }, context);
    expect(step?.state).toMatchObject({ retry: { at: context.now + 60_000 } });
  });
});

describe('locked', () => {
  const unlocking = { ...states.locked, unlocking: true };

  it('opens one page at a time, for the user who locked', () => {
    expect(transition(unlocking, events.unlock, context)).toBeNull();
    expect(transition(states.locked, events.unlock, context)?.effects).toEqual([
      { kind: 'sign-in', expected: user },
    ]);
  });

  it('stays locked when the person turns back', () => {
    expect(transition(unlocking, events.cancel, context)?.state).toEqual(states.locked);
    expect(transition(unlocking, events['sign-in-cancelled'], context)?.state).toEqual(
      states.locked,
    );
  });

  it('goes to the desktops where no session was shown', () => {
    const state = { ...states.locked, session: null };
    expect(transition(state, events['signed-in'], context)?.state.kind).toBe('signed-in');
  });
});
