import type { WebSocket } from 'ws';
import type { Clock } from '../../contract/clock.ts';
import type { Disposable } from '../../contract/disposable.ts';
import { type StreamCloseCode, streamClose } from '../../contract/stream.ts';
import type { LiveSession } from '../sessions/live-session.ts';
import { startHeartbeat } from './heartbeat.ts';
import { type IdleLimit, startIdleLimit } from './idle-limit.ts';
import { type RelayCounts, type RelayEnd, startRelay } from './relay.ts';
import type { ClientReach } from './rfb-client-parser.ts';

export type StreamDeps = {
  webSocket: WebSocket;
  session: LiveSession;
  rfbSocket: string;
  reach: ClientReach;
  clock: Clock;
  /** Without input, of this client, until the stream is closed; null where that does not count. */
  idleSeconds: number | null;
  /** Why the session can not be shown to this client any more; null when it can. */
  codeOfLoss(): StreamCloseCode | null;
  /** Its frames depend on the round trip from now on, as those of the guest itself do. */
  onUnaccelerated(reason: string): void;
  /** Once, when the stream is over, for whatever reason. */
  onClosed(): void;
};

export type Stream = {
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

/** One client's view on one session, until either ends, a limit is reached, or it is closed. */
export function startStream(deps: StreamDeps): Stream {
  const { webSocket, session, clock, codeOfLoss } = deps;
  const held: Disposable[] = [];
  let cut: Disposable | null = null;
  let closing = false;

  const heartbeat = startHeartbeat({
    clock,
    ping: () => webSocket.ping(),
    onSilence: () => webSocket.terminate(),
  });
  const idle = startIdle();
  const relay = startRelay({
    webSocket,
    rfbSocket: deps.rfbSocket,
    reach: deps.reach,
    clock,
    onInput: () => idle?.active(),
    onProgress: heartbeat.heard,
    onFirstFrame: () => session.drawn(),
    onUnaccelerated: deps.onUnaccelerated,
    onEnd: (end) => close(codeOfLoss() ?? codeOfEnd[end]),
  });
  const changes = session.onChange(() => {
    if (deps.idleSeconds !== null) idle?.change(idleLimitOf(session, deps.idleSeconds));
    const code = codeOfLoss();
    if (code !== null) close(code);
  });
  held.push(heartbeat, relay, changes);
  if (idle !== null) held.push(idle);

  function startIdle(): IdleLimit | null {
    if (deps.idleSeconds === null) return null;
    const limitMs = idleLimitOf(session, deps.idleSeconds);
    return startIdleLimit({ clock, limitMs, onIdle: () => close(streamClose.idleLimit) });
  }

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

  return {
    sessionId: session.facts.id,
    desktopId: session.facts.desktop.id,
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

/** Why the session can not be shown at a terminal any more; null when it can. */
export function lossAtTerminal(session: LiveSession, terminalId: string): StreamCloseCode | null {
  const { state } = session.facts;
  if (state === 'running') {
    return session.facts.terminalId === terminalId ? null : streamClose.takenOver;
  }
  if (state === 'failed') return streamClose.guestLost;
  return session.problem?.code === 'stream-time-limit'
    ? streamClose.timeLimit
    : streamClose.sessionEnded;
}
