import type { ErrorCode, Problem } from '../../src/contract/errors.ts';
import type { StateOf, TerminalState } from '../../src/contract/terminal.ts';
import type { MessageKey } from '../text/messages.ts';

export type Announcement = { key: MessageKey; values?: Record<string, string> };

/** What a state is called: read out when it begins, and the title of the window while it lasts. */
export function announcementOf(state: TerminalState): Announcement {
  switch (state.kind) {
    case 'booting':
      return { key: state.retry === null ? 'starting.title' : 'starting.retryTitle' };
    case 'blocked':
      return { key: blocked(state) };
    case 'unenrolled':
      return { key: 'enroll.title' };
    case 'enrolling':
      return { key: enrolling(state) };
    case 'signed-out':
      return { key: state.account ? 'account.title' : 'signIn.title' };
    case 'signing-in':
      return { key: 'signIn.busy' };
    case 'signed-in':
      return { key: 'desktops.title' };
    case 'connecting':
      return { key: 'connecting.title', values: { name: state.desktop.name } };
    case 'streaming':
      return streaming(state.session.desktop.name, state.live, state.attempt);
    case 'reconnecting':
      return { key: 'reconnecting.title' };
    case 'ended':
      return { key: endedTitle(state), values: { name: state.desktop.name } };
    case 'locked':
      return state.unlocking
        ? { key: 'locked.page', values: { name: state.user.displayName } }
        : { key: 'locked.title' };
  }
}

function blocked({ problem }: StateOf<'blocked'>): MessageKey {
  switch (problem.code) {
    case 'broker-key-changed':
      return 'keyChanged.title';
    case 'vault-unavailable':
      return 'blocked.title';
    default:
      return 'blocked.broker';
  }
}

function enrolling({ request, retry }: StateOf<'enrolling'>): MessageKey {
  if (retry !== null) return 'enroll.unattended';
  return request === null ? 'enroll.contacting' : 'enroll.waiting';
}

/** A heading for an end that was to be, for a stream that was cut, for a full host, for a failure. */
export function endedTitle(state: StateOf<'ended'>): MessageKey {
  const { problem } = state;
  if (problem?.code === 'host-full') return 'ended.fullTitle';
  if (whatStays(state) === 'ended.running') return 'ended.disconnectedTitle';
  const foreseen = isWishedEnd(problem) || problem?.code === 'stream-time-limit';
  return foreseen ? 'ended.title' : 'ended.failedTitle';
}

/** These cut the picture off, and nothing else. */
const cuts: readonly ErrorCode[] = ['stream-idle-limit', 'stream-taken-over'];

/** What is left of the session; null for nothing. One that could not be opened may be asleep. */
export function whatStays({ problem, running }: StateOf<'ended'>): MessageKey | null {
  if (!running) return null;
  return problem === null || cuts.includes(problem.code) ? 'ended.running' : 'ended.kept';
}

/** The user, here or elsewhere, ended the session: there is nothing to explain. */
export function isWishedEnd(problem: Problem | null): boolean {
  return problem === null || problem.code === 'session-ended';
}

function streaming(name: string, live: boolean, attempt: number): Announcement {
  if (live) return { key: 'session.title', values: { name } };
  return { key: attempt === 0 ? 'session.opening' : 'reconnecting.title' };
}
