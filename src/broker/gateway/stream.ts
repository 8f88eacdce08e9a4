import type { WebSocket } from 'ws';
import type { Clock } from '../../contract/clock.ts';
import type { Disposable } from '../../contract/disposable.ts';
import { type StreamCloseCode, streamClose } from '../../contract/stream.ts';
import type { LiveSession } from '../sessions/live-session.ts';
import type { Seat } from '../sessions/seat.ts';
import { startHeartbeat } from './heartbeat.ts';
import { startIdleLimit } from './idle-limit.ts';
import { type RelayCounts, type RelayEnd, startRelay } from './relay.ts';

export type StreamDeps = {
  webSocket: WebSocket;
  session: LiveSession;
  /** The terminal at the other end; the session may be moved away from it. */
  terminalId: string;
  rfbSocket: string;
  clock: Clock;
  idleSeconds: number;
  /** Its frames depend on the round trip from now on, as those of the guest itself do. */
  onUnaccelerated(reason: string): void;
  /** Once, when the stream is over, for whatever reason. */
  onClosed(): void;
};

export type Stream = {
  /** Who watches. */
  readonly seat: Seat;
  readonly sessionId: string;
  readonly desktopId: string;
  readonly counts: Readonly<RelayCounts>;
  close(code: StreamCloseCode): void;
};

const codeOfEnd: Record<RelayEnd, StreamCloseCode> = {
  'guest-lost': streamClose.guestLost,
  'protocol-error': streamClose.protocolError,
};

/** How long a peer gets to answer a close frame before its connection is cut. */
const closeTimeoutMs = 3_000;

/** One terminal's view on one session, until either ends, a limit is reached, or it is closed. */
export function startStream(deps: StreamDeps): Stream {
  const { webSocket, session, terminalId, clock } = deps;
  const held: Disposable[] = [];
  let cut: Disposable | null = null;
  let closing = false;

  const heartbeat = startHeartbeat({
    clock,
    ping: () => webSocket.ping(),
    onSilence: () => webSocket.terminate(),
  });
  const idle = startIdleLimit({
    clock,
    limitMs: idleLimitOf(session, deps.idleSeconds),
    onIdle: () => close(streamClose.idleLimit),
  });
  const relay = startRelay({
    webSocket,
    rfbSocket: deps.rfbSocket,
    clock,
    onInput: idle.active,
    onProgress: heartbeat.heard,
    onFirstFrame: () => session.drawn(),
    onUnaccelerated: deps.onUnaccelerated,
    onEnd: (end) => close(codeOfLoss(session, terminalId) ?? codeOfEnd[end]),
  });
  const changes = session.onChange(() => {
    idle.change(idleLimitOf(session, deps.idleSeconds));
    const code = codeOfLoss(session, terminalId);
    if (code !== null) close(code);
  });
  held.push(heartbeat, idle, relay, changes);

  function letGo(): void {
    for (const part of held.splice(0)) part.dispose();
  }

  function close(code: StreamCloseCode): void {
    if (closing) return;
    closing = true;
    letGo();
    webSocket.close(code);
    cut = clock.after(closeTimeoutMs, () => webSocket.terminate());
  }

  webSocket.on('message', heartbeat.heard);
  webSocket.on('pong', heartbeat.heard);
  // A broken frame, or one above the size limit: ws closes by itself, with 1002 or 1009.
  webSocket.on('error', letGo);
  webSocket.once('close', () => {
    closing = true;
    letGo();
    cut?.dispose();
    deps.onClosed();
  });

  const { userId, desktop } = session.facts;
  return {
    seat: { userId, terminalId },
    sessionId: session.facts.id,
    desktopId: desktop.id,
    counts: relay.counts,
    close,
  };
}

/** How long a terminal that should have locked itself by then goes on being shown the desktop. */
const lockPatienceMs = 60_000;

/** Milliseconds: a terminal that does not lock itself when it should is not shown the desktop. */
function idleLimitOf({ facts: { policy } }: LiveSession, idleSeconds: number): number {
  const idleMs = idleSeconds * 1000;
  const { idleLockMinutes } = policy;
  if (idleLockMinutes === null) return idleMs;
  return Math.min(idleMs, idleLockMinutes * 60_000 + lockPatienceMs);
}

/** Why the session can not be shown here any more; null when it can. */
function codeOfLoss(session: LiveSession, terminalId: string): StreamCloseCode | null {
  const { state } = session.facts;
  if (state === 'running') {
    return session.facts.terminalId === terminalId ? null : streamClose.takenOver;
  }
  if (state === 'failed') return streamClose.guestLost;
  return session.problem?.code === 'stream-time-limit'
    ? streamClose.timeLimit
    : streamClose.sessionEnded;
}
