import { type DestinationStream, type Logger, pino } from 'pino';

/** Where a secret could get into a line. No code logs these; this is for the day one does. */
const secrets = [
  'accessToken',
  'password',
  'refreshToken',
  'ticket',
  'body.*',
  '*.accessToken',
  '*.password',
  '*.refreshToken',
  '*.ticket',
  'headers.authorization',
  'headers.dpop',
  'headers["sec-websocket-protocol"]',
  '*.headers.authorization',
  '*.headers.dpop',
  '*.headers["sec-websocket-protocol"]',
];

/** The broker's log: one JSON object a line, without secrets. */
export function createLog(destination: DestinationStream, level = 'info'): Logger {
  return pino({ level, base: null, redact: { paths: secrets, censor: '[secret]' } }, destination);
}
