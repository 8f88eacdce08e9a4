import { BlockList, isIP, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';

/** Networks that are no part of the internet at large (IANA special-purpose address registries). */
const inwardSubnets: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];

const inward = new BlockList();
for (const [network, prefix] of inwardSubnets) {
  inward.addSubnet(network, prefix, isIPv4(network) ? 'ipv4' : 'ipv6');
}

/** Of the host itself, where its own services listen. */
export function hostAddresses(): Set<string> {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return new Set(all.map(({ address }) => address));
}

/** Whether an address leads inwards: to the host, its neighbours, or an inner network. */
export function isInward(address: string, own: ReadonlySet<string>): boolean {
  const family = isIP(address);
  if (family === 0) return true;
  // BlockList judges an IPv4 address that is mapped into IPv6 (::ffff:0:0/96) by the rules of IPv4.
  return own.has(address) || inward.check(address, family === 4 ? 'ipv4' : 'ipv6');
}
