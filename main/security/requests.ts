import { appScheme } from '../../src/contract/app-origin.ts';

type RequestContext = {
  /** Origin of the stream of the enrolled broker, such as `wss://broker.example`; null before. */
  streamOrigin: string | null;
};

type Row = {
  what: string;
  reason: string;
  matches(url: URL, context: RequestContext): boolean;
};

/** Everything that the page may load or connect to. What matches no row is cancelled. */
export const allowedRequests: readonly Row[] = [
  {
    what: 'the app itself',
    reason: 'its files, and the pictures of sessions that main fetches for it',
    matches: (url) => url.protocol === `${appScheme}:` && url.host === 'app',
  },
  {
    what: 'the stream',
    reason: 'a WebSocket to the broker this terminal is enrolled with, and to no other',
    matches: (url, { streamOrigin }) =>
      streamOrigin !== null &&
      url.protocol === 'wss:' &&
      url.origin === new URL(streamOrigin).origin,
  },
];

export function isRequestAllowed(address: string, context: RequestContext): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  return allowedRequests.some((row) => row.matches(url, context));
}
