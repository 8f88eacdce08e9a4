/** The scheme and origin that the app serves its own pages from. */
export const appScheme = 'porthole';
export const appOrigin = `${appScheme}://app`;

/**
 * Where the app's origin serves the picture of a running session, so that the renderer never needs
 * the address of the broker. `at` only tells one moment's picture from another's.
 */
export function picturePath(sessionId: string, at: number | string): `/pictures/${string}` {
  return `/pictures/${sessionId}?at=${at}`;
}
