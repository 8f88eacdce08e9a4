import { z } from 'zod';
import type { ErrorCode } from './errors.ts';

/**
 * The stream is RFB (RFC 6143) in binary WebSocket messages (RFC 6455). The client offers two
 * subprotocols: this one, which the gateway selects, and the ticket, which it only reads. A ticket
 * travels in this header and never in the URL, because URLs end up in logs.
 */
export const streamProtocol = 'rfb.porthole.v1';
export const ticketProtocolPrefix = 'ticket.porthole.v1.';

/**
 * What a stream carries: a screen of the desktop by RFB, the first of which has the keyboard, or its
 * sound.
 */
export const streamChannelSchema = z.enum([
  'screen-1',
  'screen-2',
  'screen-3',
  'screen-4',
  'sound',
]);
export type StreamChannel = z.infer<typeof streamChannelSchema>;

/** Seconds from issue until a ticket is worthless. */
export const ticketLifetimeSeconds = 30;

/** Close codes of the gateway (4000-4999 is the private range of RFC 6455 section 7.4.2). */
export const streamClose = {
  protocolError: 4400,
  ticketInvalid: 4401,
  idleLimit: 4408,
  timeLimit: 4409,
  sessionEnded: 4410,
  takenOver: 4411,
  guestLost: 4502,
  brokerStopping: 4503,
} as const;
export type StreamCloseCode = (typeof streamClose)[keyof typeof streamClose];

const closeProblems: Record<StreamCloseCode, ErrorCode> = {
  4400: 'stream-protocol-error',
  4401: 'ticket-invalid',
  4408: 'stream-idle-limit',
  4409: 'stream-time-limit',
  4410: 'session-ended',
  4411: 'stream-taken-over',
  4502: 'guest-failed',
  4503: 'stream-lost',
};

/** The catalogue code for a close code; whatever the gateway does not say itself is a lost link. */
export function problemOfClose(code: number): ErrorCode {
  return isStreamCloseCode(code) ? closeProblems[code] : 'stream-lost';
}

function isStreamCloseCode(code: number): code is StreamCloseCode {
  return code in closeProblems;
}

/** Whether a new ticket can bring the picture back without asking the user. */
export function isRetryableClose(code: number): boolean {
  const lasting: ErrorCode[] = [
    'session-ended',
    'stream-idle-limit',
    'stream-taken-over',
    'stream-time-limit',
  ];
  return !lasting.includes(problemOfClose(code));
}
