/**
 * What a browser may do with a page: show it with the one style sheet, and send its forms back.
 *
 * @param formTargets where else a form may lead by way of redirects, which browsers count in
 */
export function pageHeaders(formTargets: readonly string[] = []): Record<string, string> {
  const policy = [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self' data:",
    ["form-action 'self'", ...formTargets].join(' '),
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ];
  return {
    'content-security-policy': policy.join('; '),
    // Not `no-referrer`: with that, browsers send forms with the Origin `null` (Fetch section 3.2).
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  };
}
