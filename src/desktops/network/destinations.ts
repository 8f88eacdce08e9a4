import { isIP } from 'node:net';

/** A host, in lower case and without the dot at its end, and a port. */
export type Destination = { host: string; port: number };

/**
 * `host:port` as in CONNECT (RFC 9110 section 7.2, authority-form). Null for anything else: there are
 * no IPv6 addresses, since none can be in a policy.
 */
export function parseAuthority(text: string): Destination | null {
  const [, host, digits] = /^([a-z0-9_.-]{1,254}):([0-9]{1,5})$/i.exec(text) ?? [];
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65_535) return null;
  const name = host.toLowerCase().replace(/\.$/, '');
  return name === '' ? null : { host: name, port };
}

/** What a policy lists: `host:port`, or `*.domain:port` for any name below. */
export class AllowList {
  readonly #listed: ReadonlySet<string>;

  constructor(destinations: readonly string[]) {
    this.#listed = new Set(destinations);
  }

  has({ host, port }: Destination): boolean {
    return this.#listed.has(`${host}:${port}`) || this.#hasDomainOf({ host, port });
  }

  #hasDomainOf({ host, port }: Destination): boolean {
    if (isIP(host) !== 0) return false;
    const labels = host.split('.');
    return labels.some((_, at) => {
      return at > 0 && this.#listed.has(`*.${labels.slice(at).join('.')}:${port}`);
    });
  }
}
