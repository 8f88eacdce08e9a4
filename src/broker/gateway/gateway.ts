import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../../contract/clock.ts';
import type { ErrorCode } from '../../contract/errors.ts';
import { sessionIdSchema } from '../../contract/session.ts';
import {
  type StreamChannel,
  streamChannelSchema,
  streamClose,
  streamProtocol,
} from '../../contract/stream.ts';
import { doneBy } from '../access/audit-entry.ts';
import { type Actor, nobodyAt } from '../audit/actor.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Refusal } from '../audit/refusal-log.ts';
import type { Presence } from '../presence.ts';
import type { LiveSession } from '../sessions/live-session.ts';
import type { Seat } from '../sessions/seat.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { offersStream, ticketOf } from './offered-protocols.ts';
import { type Stream, startStream } from './stream.ts';
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

type Wanted = { sessionId: string; channel: StreamChannel };

type Deps = {
  clock: Clock;
  sessions: Pick<Sessions, 'find'>;
  tickets: Tickets;
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
  const { clock, sessions, tickets, presence, audit, limits, allowedOrigins } = deps;
  const { onRefused, onFault } = deps;
  /** By session and channel. */
  const streams = new Map<string, Stream>();
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
    // A session that has moved to another terminal since is not given to the one before.
    const fits =
      binding?.sessionId === wanted.sessionId &&
      binding.channel === wanted.channel &&
      binding.terminalId === session?.facts.terminalId;
    if (fits && session !== null) return [session, binding];
    note(request, 'ticket-invalid', binding?.by);
    return null;
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

  function show(
    webSocket: WebSocket,
    session: LiveSession,
    { terminalId, sessionId, channel, by }: TicketBinding,
  ) {
    const key = `${sessionId} ${channel}`;
    const rfbSocket = channel === 'screen-1' ? session.machine.rfbSocket : null;
    if (session.facts.state !== 'running' || rfbSocket === null) {
      turnAway(webSocket, streamClose.sessionEnded);
      return;
    }
    streams.get(key)?.close(streamClose.takenOver);
    const here = presence.streamOpened(terminalId);
    const stream = startStream({
      webSocket,
      session,
      terminalId,
      rfbSocket,
      clock,
      idleSeconds: limits.idleSeconds,
      onUnaccelerated: (reason) => deps.onUnaccelerated({ sessionId, reason }),
      onClosed: () => {
        here.dispose();
        past.toClient += stream.counts.toClient;
        past.toGuest += stream.counts.toGuest;
        past.messages += stream.counts.messages;
        if (streams.get(key) === stream) streams.delete(key);
      },
    });
    streams.set(key, stream);
    const target = { kind: 'session', id: sessionId, name: session.facts.desktop.name } as const;
    void audit.append(doneBy(by, 'session.connected', target)).catch(onFault);
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
      const all = [past, ...[...streams.values()].map((stream) => stream.counts)];
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
      [...streams.values()].map(({ seat, sessionId, desktopId }) => ({
        ...seat,
        sessionId,
        desktopId,
      })),
    clear: (terminalId) => {
      tickets.void(terminalId);
      for (const stream of streams.values()) {
        if (stream.seat.terminalId === terminalId) stream.close(streamClose.ticketInvalid);
      }
    },
    close: () => {
      stopping = true;
      for (const stream of streams.values()) stream.close(streamClose.brokerStopping);
    },
  };
}

/** The stream that a path names (streamPath of the contract); null for any other path. */
function wantedBy(url: string | undefined): Wanted | null {
  const [, id, name] = /^\/v1\/sessions\/([^/?]+)\/streams\/([^/?]+)$/.exec(url ?? '') ?? [];
  const sessionId = sessionIdSchema.safeParse(id).data;
  const channel = streamChannelSchema.safeParse(name).data;
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
