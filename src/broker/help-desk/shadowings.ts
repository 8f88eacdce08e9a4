import { randomUUID } from 'node:crypto';
import type { AuditAction } from '../../contract/audit.ts';
import type { Clock } from '../../contract/clock.ts';
import type { Disposable } from '../../contract/disposable.ts';
import { CodedError } from '../../contract/errors.ts';
import type { Shadowing, ShadowingAnswer, ShadowingRequest } from '../../contract/help-desk.ts';
import type { SessionPolicy } from '../../contract/session-policy.ts';
import { doneBy } from '../access/audit-entry.ts';
import { type Actor, brokerItself } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { conflict } from '../conflict.ts';
import type { LiveSession } from '../sessions/live-session.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { isOpen, nextShadowingState, type ShadowingEvent } from './shadowing-state.ts';

/**
 * Helpers who look at the sessions of users. One at a time in each session. Held in memory only: a
 * broker that restarts has no stream of a helper, and nobody's consent.
 */
export type Shadowings = {
  /**
   * Asks the user, or, where the policy says so, only tells them.
   * @throws session-not-found, session-not-ready, shadowing-not-allowed; change-conflict while
   *   another one is open
   */
  ask(sessionId: string, request: ShadowingRequest, helper: Helper): Promise<Shadowing>;
  /** Of that helper. @throws shadowing-not-found */
  get(id: string, helper: Helper): Shadowing;
  /** As `get`, once it is in another state than `known`; or after 20 s, or an abort. */
  waitPast(
    id: string,
    known: Shadowing['state'],
    helper: Helper,
    signal: AbortSignal,
  ): Promise<Shadowing>;
  /** The user's word. Late ones change nothing. @throws session-not-found, shadowing-not-found */
  answer(
    user: { id: string; by: Actor },
    which: { sessionId: string; id: string },
    answer: ShadowingAnswer,
  ): Promise<void>;
  /** The helper has seen enough. @throws shadowing-not-found */
  stop(id: string, helper: Helper): Promise<void>;
  /** The one that shows a session now; null when nobody does. */
  activeIn(sessionId: string): Shadowing | null;
  /** Nobody sits before the desktop any more, who could see that they are watched. */
  leave(sessionId: string): void;
};

export type Helper = { userId: string; name: string; by: Actor };

type Deps = {
  clock: Clock;
  sessions: Pick<Sessions, 'find'>;
  audit: Pick<AuditLog, 'append'>;
  onFault(error: unknown): void;
};

/** For a user who may be reading something else. */
const answerMs = 60_000;
const longestWaitMs = 20_000;
/** How long a helper may still learn how it ended. */
const rememberMs = 10 * 60_000;

type Open = {
  shadowing: Shadowing;
  helperId: string;
  session: LiveSession;
  held: Disposable[];
  listeners: Set<() => void>;
};

const tellsAudit: Partial<Record<Shadowing['state'], AuditAction>> = {
  requested: 'shadowing.requested',
  active: 'shadowing.began',
  declined: 'shadowing.declined',
  expired: 'shadowing.declined',
  ended: 'shadowing.ended',
};

export function createShadowings({ clock, sessions, audit, onFault }: Deps): Shadowings {
  const all = new Map<string, Open>();

  function note(open: Open, by: Actor): void {
    const { sessionId, helper, mode, reason, state } = open.shadowing;
    const action = tellsAudit[state];
    if (action === undefined) return;
    const { desktop, userId } = open.session.facts;
    const target = { kind: 'session', id: sessionId, name: desktop.name } as const;
    const detail = { helper, mode, reason, user: userId };
    void audit.append(doneBy(by, action, target, detail)).catch(onFault);
  }

  function happen(open: Open, event: ShadowingEvent, by: Actor): void {
    const state = nextShadowingState(open.shadowing.state, event);
    if (state === open.shadowing.state) return;
    open.shadowing = { ...open.shadowing, state };
    note(open, by);
    if (!isOpen(state)) close(open);
    open.session.shadow(isOpen(state) ? open.shadowing : null);
    for (const listener of [...open.listeners]) listener();
  }

  function close(open: Open): void {
    for (const each of open.held.splice(0)) each.dispose();
    clock.after(rememberMs, () => all.delete(open.shadowing.id));
  }

  function openIn(sessionId: string): Open | null {
    const isHere = ({ shadowing }: Open) =>
      shadowing.sessionId === sessionId && isOpen(shadowing.state);
    return [...all.values()].find(isHere) ?? null;
  }

  function of(id: string, { userId }: Pick<Helper, 'userId'>): Open {
    const open = all.get(id);
    if (open?.helperId !== userId) throw new CodedError('shadowing-not-found');
    return open;
  }

  function review(open: Open): void {
    const { state, policy } = open.session.facts;
    if (state !== 'running' || policy.shadowing === 'never') happen(open, 'stop', brokerItself);
  }

  return {
    ask: async (sessionId, request, helper) => {
      const session = sessions.find(sessionId);
      if (session === null) throw new CodedError('session-not-found');
      if (session.facts.state !== 'running') throw new CodedError('session-not-ready');
      const allowed = allowance(session.facts.policy);
      if (openIn(sessionId) !== null) throw conflict('somebody is helping in this session already');
      const id = randomUUID();
      const open: Open = {
        shadowing: { id, sessionId, helper: helper.name, ...request, state: 'requested' },
        helperId: helper.userId,
        session,
        held: [],
        listeners: new Set(),
      };
      all.set(id, open);
      open.held.push(
        clock.after(answerMs, () => happen(open, 'expire', brokerItself)),
        session.onChange(() => review(open)),
      );
      note(open, helper.by);
      if (allowed === 'tell') happen(open, 'allow', brokerItself);
      else session.shadow(open.shadowing);
      return open.shadowing;
    },

    get: (id, helper) => of(id, helper).shadowing,

    waitPast: async (id, known, helper, signal) => {
      const open = of(id, helper);
      if (open.shadowing.state !== known || signal.aborted) return open.shadowing;
      const { promise, resolve } = Promise.withResolvers<void>();
      const limit = clock.after(longestWaitMs, resolve);
      open.listeners.add(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
      await promise;
      open.listeners.delete(resolve);
      limit.dispose();
      return open.shadowing;
    },

    answer: async (user, { sessionId, id }, answer) => {
      const open = all.get(id);
      if (open?.session.facts.userId !== user.id || open.shadowing.sessionId !== sessionId) {
        throw new CodedError('shadowing-not-found');
      }
      happen(open, answer, user.by);
    },

    stop: async (id, helper) => happen(of(id, helper), 'stop', helper.by),

    activeIn: (sessionId) => {
      const open = openIn(sessionId);
      return open?.shadowing.state === 'active' ? open.shadowing : null;
    },

    leave: (sessionId) => {
      const open = openIn(sessionId);
      if (open !== null) happen(open, 'stop', brokerItself);
    },
  };
}

/** @throws shadowing-not-allowed */
function allowance({ shadowing }: SessionPolicy): 'ask' | 'tell' {
  if (shadowing === 'never') throw new CodedError('shadowing-not-allowed');
  return shadowing;
}
