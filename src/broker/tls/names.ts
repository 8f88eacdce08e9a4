import { hostname, networkInterfaces } from 'node:os';

/** What this machine is called, and the addresses that it has in its networks. */
export type Machine = { hostname: string; addresses: readonly string[] };

export function thisMachine(): Machine {
  const addresses = Object.values(networkInterfaces())
    .flatMap((found) => found ?? [])
    // An address of one link only is no use in a URL, which cannot say which link.
    .filter(({ internal, scopeid }) => !internal && !scopeid)
    .map(({ address }) => address);
  return { hostname: hostname(), addresses };
}

type Reach = { host: string; names: readonly string[]; publicOrigins: readonly string[] };

const loopback = ['127.0.0.1', '::1', 'localhost'] as const;

/** Names and addresses that reach the broker where it listens; the first is how it is told. */
export function listeningNames({ host, names }: Reach, machine: Machine): string[] {
  const own = isWildcard(host)
    ? [...names, machine.hostname, ...machine.addresses]
    : [host, ...names];
  return unique([...own, ...loopback]);
}

/** Those, and what it is reached by elsewhere: all that its certificate has to be for. */
export function certificateNames(reach: Reach, machine: Machine): string[] {
  const elsewhere = reach.publicOrigins.map(hostOf);
  return unique([...listeningNames(reach, machine), ...elsewhere]);
}

/** The origin of a server there; the name comes out as URLs spell it. */
export function originAt(name: string, port: number): string {
  return new URL(addressOf(name, port)).origin;
}

function addressOf(name: string, port: number): string {
  return `https://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/**
 * As URLs spell them, so that a name is there once, and equal to what a certificate has. What a
 * machine may be called without being a host name is left out.
 */
function unique(names: readonly string[]): string[] {
  const hosts = names.map((name) => addressOf(name, 0)).filter((address) => URL.canParse(address));
  return [...new Set(hosts.map(hostOf))];
}

/** Without the brackets of an IPv6 address. */
function hostOf(origin: string): string {
  return new URL(origin).hostname.replaceAll(/[[\]]/g, '');
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}
