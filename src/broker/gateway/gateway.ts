import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../../contract/clock.ts';
import type { ErrorCode } from '../../contract/errors.ts';
import { sessionIdSchema } from '../../contract/session.ts';
import { type StreamCloseCode, streamClose, streamProtocol } from '../../contract/stream.ts';
import { shadowingChannel, streamChannelSchema } from '../../contract/stream-channel.ts';
import { doneBy } from '../access/audit-entry.ts';
import { type Actor, nobodyAt } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Refusal } from '../audit/refusal-log.ts';
import type { Shadowings } from '../help-desk/shadowings.ts';
import type { Presence } from '../presence.ts';
import type { LiveSession } from '../sessions/live-session.ts';
import type { Seat } from '../sessions/seat.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { offersStream, ticketOf } from './offered-protocols.ts';
import { lossAtTerminal, type Stream, startStream } from './stream.ts';
import type { TicketBinding, Tickets } from './tickets.ts';

export type Gateway = {
  /** Answers the upgrade requests of an HTTP server: `server.on('upgrade', gateway.upgrade)`. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  readonly totals: Readonly<StreamTotals>;
  /** Who watches what: one for each stream. */
  watching(): Watching[];
  /**
   * Closes the streams at a terminal and makes its tickets worthless: who sat there has left. A
   * terminal that nevertheless comes back for a ticket learns why it gets none.
   */
  clear(terminalId: string): void;
  /** Closes all streams, which tells their terminals to come back to the next broker. */
  close(): void;
};

/** A user at a terminal, with the desktop that is shown there. */
export type Watching = Seat & { sessionId: string; desktopId: string };

/** Since the start, of streams that are over and of those that run. */
export type StreamTotals = { open: number; toClient: number; toGuest: number; messages: number };

type Wanted = { sessionId: string; channel: TicketBinding['channel'] };

/** With who sits before it; null for a helper. */
type Shown = { stream: Stream; seat: Seat | null };

type Deps = {
  clock: Clock;
  sessions: Pick<Sessions, 'find'>;
  tickets: Tickets;
  shadowings: Pick<Shadowings, 'activeIn' | 'leave'>;
  presence: Pick<Presence, 'streamOpened'>;
  audit: Pick<AuditLog, 'append'>;
  onRefused(refusal: Refusal): void;
  onFault(error: unknown): void;
  onUnaccelerated(stream: { sessionId: string; reason: string }): void;
  limits: { idleSeconds: number };
  /** Origins of pages that may open streams. A client that is no browser sends none. */
  allowedOrigins: ReadonlySet<string>;
};

/** noVNC sends 10 KiB at a time; only a clipboard message is ever longer, and it comes in parts. */
const longestMessageBytes = 1024 * 1024;

export function createGateway(deps: Deps): Gateway {
  const { clock, sessions, tickets, shadowings, presence, audit, limits } = deps;
  const { allowedOrigins, onRefused, onFault } = deps;
  /** By session and channel. */
  const streams = new Map<string, Shown>();
  const past = { toClient: 0, toGuest: 0, messages: 0 };
  let stopping = false;
  const webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: longestMessageBytes,
    handleProtocols: () => streamProtocol,
  });

  /** The session that the ticket of this request opens; null when it is no good. */
  function admit(request: IncomingMessage, wanted: Wanted): [LiveSession, TicketBinding] | null {
    const ticket = ticketOf(request.headers['sec-websocket-protocol']);
    const binding = ticket === null ? null : tickets.redeem(ticket);
    const session = sessions.find(wanted.sessionId);
    const fits = binding?.sessionId === wanted.sessionId && binding.channel === wanted.channel;
    if (fits && session !== null && isGoodFor(binding, session)) return [session, binding];
    note(request, 'ticket-invalid', binding?.by);
    return null;
  }

  /** A session that has moved since is not given to the terminal before, nor to a helper let go. */
  function isGoodFor(binding: TicketBinding, session: LiveSession): boolean {
    return 'terminalId' in binding
      ? binding.terminalId === session.facts.terminalId
      : lossToHelper(session, binding.shadowingId) === null;
  }

  /** Why a helper can not look at the session any more; null when they can. */
  function lossToHelper({ facts }: LiveSession, shadowingId: string): StreamCloseCode | null {
    const isSeen = streams.has(keyOf(facts.id, 'screen-1'));
    return isSeen && shadowings.activeIn(facts.id)?.id === shadowingId
      ? null
      : streamClose.shadowingEnded;
  }

  /**
   * @param by who the ticket was for, where it was one; else the peer of the connection is noted,
   *   which is the proxy where there is one in front
   */
  function note({ socket }: IncomingMessage, code: ErrorCode, by?: Actor): void {
    const sender = by ?? nobodyAt(socket.remoteAddress ?? null);
    onRefused({ code, route: 'stream', by: sender });
  }

  function open(webSocket: WebSocket, request: IncomingMessage, wanted: Wanted): void {
    if (stopping) {
      turnAway(webSocket, streamClose.brokerStopping);
      return;
    }
    const admitted = admit(request, wanted);
    if (admitted === null) turnAway(webSocket, streamClose.ticketInvalid);
    else show(webSocket, ...admitted);
  }

  function show(webSocket: WebSocket, session: LiveSession, binding: TicketBinding) {
    const { sessionId, channel, by } = binding;
    const key = keyOf(sessionId, channel);
    const rfbSocket = isFirstScreen(channel) ? session.machine.rfbSocket : null;
    if (session.facts.state !== 'running' || rfbSocket === null) {
      turnAway(webSocket, streamClose.sessionEnded);
      return;
    }
    streams.get(key)?.stream.close(streamClose.takenOver);
    const { seat, reach, idleSeconds, codeOfLoss } = rightsOf(session, binding);
    const here = seat === null ? null : presence.streamOpened(seat.terminalId);
    const stream = startStream({
      webSocket,
      session,
      rfbSocket,
      clock,
      reach,
      idleSeconds,
      codeOfLoss,
      onUnaccelerated: (reason) => deps.onUnaccelerated({ sessionId, reason }),
      onClosed: () => {
        here?.dispose();
        past.toClient += stream.counts.toClient;
        past.toGuest += stream.counts.toGuest;
        past.messages += stream.counts.messages;
        if (streams.get(key)?.stream !== stream) return;
        streams.delete(key);
        // Nobody is helped who could not see it.
        if (channel === 'screen-1') closeHelper(sessionId);
      },
    });
    streams.set(key, { stream, seat });
    if (seat === null) return;
    const target = { kind: 'session', id: sessionId, name: session.facts.desktop.name } as const;
    void audit.append(doneBy(by, 'session.connected', target)).catch(onFault);
  }

  function rightsOf(session: LiveSession, binding: TicketBinding) {
    if ('terminalId' in binding) {
      const { terminalId } = binding;
      return {
        seat: { userId: session.facts.userId, terminalId },
        reach: 'all',
        idleSeconds: limits.idleSeconds,
        codeOfLoss: () => lossAtTerminal(session, terminalId),
      } as const;
    }
    const { shadowingId } = binding;
    return {
      seat: null,
      reach: shadowings.activeIn(session.facts.id)?.mode ?? 'view',
      idleSeconds: null,
      codeOfLoss: () => lossToHelper(session, shadowingId),
    } as const;
  }

  function closeHelper(sessionId: string): void {
    streams.get(keyOf(sessionId, shadowingChannel))?.stream.close(streamClose.shadowingEnded);
  }

  /** Accepted first, because a browser tells its page no more of a refused upgrade than "1006". */
  function turnAway(webSocket: WebSocket, code: number): void {
    const cut = clock.after(3_000, () => webSocket.terminate());
    webSocket.on('error', () => webSocket.terminate());
    webSocket.once('close', () => cut.dispose());
    webSocket.close(code);
  }

  return {
    upgrade: (request, socket, head) => {
      const wanted = wantedBy(request.url);
      if (wanted === null) refuse(socket, '404 Not Found');
      else if (isForeign(request, allowedOrigins)) {
        note(request, 'origin-refused');
        refuse(socket, '403 Forbidden');
      } else if (!offersStream(request.headers['sec-websocket-protocol'])) {
        refuse(socket, '400 Bad Request');
      } else {
        webSockets.handleUpgrade(request, socket, head, (webSocket) =>
          open(webSocket, request, wanted),
        );
      }
    },
    get totals() {
      const all = [past, ...[...streams.values()].map(({ stream }) => stream.counts)];
      const sum = (count: (counts: typeof past) => number) =>
        all.reduce((total, counts) => total + count(counts), 0);
      return {
        open: streams.size,
        toClient: sum((counts) => counts.toClient),
        toGuest: sum((counts) => counts.toGuest),
        messages: sum((counts) => counts.messages),
      };
    },
    watching: () =>
      [...streams.values()].flatMap(({ stream: { sessionId, desktopId }, seat }) =>
        seat === null ? [] : [{ ...seat, sessionId, desktopId }],
      ),
    clear: (terminalId) => {
      tickets.void(terminalId);
      for (const { stream, seat } of streams.values()) {
        if (seat?.terminalId !== terminalId) continue;
        shadowings.leave(stream.sessionId);
        stream.close(streamClose.ticketInvalid);
      }
    },
    close: () => {
      stopping = true;
      for (const { stream } of streams.values()) stream.close(streamClose.brokerStopping);
    },
  };
}

function keyOf(sessionId: string, channel: Wanted['channel']): string {
  return `${sessionId} ${channel}`;
}

function isFirstScreen(channel: Wanted['channel']): boolean {
  return channel === 'screen-1' || channel === shadowingChannel;
}

/** The stream that a path names (streamPath of the contract); null for any other path. */
function wantedBy(url: string | undefined): Wanted | null {
  const [, id, name] = /^\/v1\/sessions\/([^/?]+)\/streams\/([^/?]+)$/.exec(url ?? '') ?? [];
  const sessionId = sessionIdSchema.safeParse(id).data;
  const channel = name === shadowingChannel ? name : streamChannelSchema.safeParse(name).data;
  return sessionId === undefined || channel === undefined ? null : { sessionId, channel };
}

/** Whether a page asks that may not open streams. */
function isForeign({ headers }: IncomingMessage, origins: ReadonlySet<string>): boolean {
  return headers.origin !== undefined && !origins.has(headers.origin);
}

function refuse(socket: Duplex, status: string): void {
  // The peer may be gone already; there is nobody to tell.
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
