import { isIP } from 'node:net';
import { isInward } from './addresses.ts';
import { AllowList, type Destination } from './destinations.ts';

/** Addresses of a name, in the order in which they are to be tried (getaddrinfo(3)). */
export type Lookup = (host: string) => Promise<readonly string[]>;

/** Where to connect to. `reason` is a sentence for people. */
export type Verdict =
  | { kind: 'allowed'; address: string }
  | { kind: 'refused'; reason: string }
  | { kind: 'unknown' };

/**
 * Judges destinations. A name is resolved once, and what was judged is what is connected to: a name
 * server can't answer differently in between (DNS rebinding). A name never leads to an inward address
 * unless the address is listed itself.
 */
export class Gate {
  readonly #allowed: AllowList;
  readonly #lookup: Lookup;
  readonly #own: () => ReadonlySet<string>;

  constructor(
    destinations: readonly string[],
    { lookup, own }: { lookup: Lookup; own: () => ReadonlySet<string> },
  ) {
    this.#allowed = new AllowList(destinations);
    this.#lookup = lookup;
    this.#own = own;
  }

  allows(destination: Destination): boolean {
    return this.#allowed.has(destination);
  }

  async judge(destination: Destination): Promise<Verdict> {
    const { host, port } = destination;
    if (!this.allows(destination)) {
      return { kind: 'refused', reason: `${host}:${port} is not on the list of this desktop` };
    }
    if (isIP(host) !== 0) return { kind: 'allowed', address: host };
    const addresses = await this.#lookup(host).catch(() => []);
    const own = this.#own();
    const usable = addresses.find((address) => {
      return !isInward(address, own) || this.allows({ host: address, port });
    });
    if (usable !== undefined) return { kind: 'allowed', address: usable };
    const [inward] = addresses;
    if (inward === undefined) return { kind: 'unknown' };
    const reason = `${host} leads to ${inward}, an inner address, and ${inward}:${port} is not listed`;
    return { kind: 'refused', reason };
  }
}
