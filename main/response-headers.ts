/**
 * The content security policy of the page, directive by directive. Where the stream may go is
 * narrowed further, to the one broker the terminal is enrolled with, by security/requests.ts: a
 * policy is fixed when the page loads, and the broker may not be known by then.
 */
export const contentSecurityPolicy: Readonly<Record<string, { value: string; reason: string }>> = {
  'default-src': { value: "'none'", reason: 'whatever is not named below is not needed' },
  'script-src': { value: "'self'", reason: 'the built renderer; nothing inline, no eval' },
  'style-src': { value: "'self'", reason: 'the built style sheets; nothing inline' },
  'img-src': {
    value: "'self' data: blob:",
    reason: 'pictures of sessions; noVNC draws its cursor and some encodings through data URLs',
  },
  'font-src': { value: "'self'", reason: 'the bundled typeface' },
  'connect-src': {
    value: "'self' wss:",
    reason: 'the stream, which is never without TLS',
  },
  'base-uri': { value: "'none'", reason: 'a base element would redirect every relative address' },
  'form-action': { value: "'none'", reason: 'forms are answered by script alone' },
  'frame-ancestors': { value: "'none'", reason: 'the app is never framed' },
  'require-trusted-types-for': { value: "'script'", reason: 'no text becomes script by the DOM' },
};

/** The headers of every answer of the app's own scheme. */
export function responseHeaders(): Record<string, string> {
  const policy = Object.entries(contentSecurityPolicy).map(
    ([name, { value }]) => `${name} ${value}`,
  );
  return {
    'content-security-policy': policy.join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=()',
  };
}
