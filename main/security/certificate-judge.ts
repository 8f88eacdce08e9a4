import type { Certificate, Session } from 'electron';
import type { SignInOrigin } from '../../src/contract/identity.ts';
import type { ChainFault } from '../../src/terminal/network.ts';
import { chainDigests, faultIn } from './broker-certificates.ts';

type VerifyRequest = Parameters<NonNullable<Parameters<Session['setCertificateVerifyProc']>[0]>>[0];

/** What is said of a certificate: as Session.setCertificateVerifyProc takes it, and its name. */
type Said = { number: number; name: string; means: ChainFault | 'broker-key-changed' | null };

/** Codes of Chromium (net_error_list.h). */
export const verdicts = {
  accepted: { number: 0, name: 'OK', means: null },
  /** Chromium says how it would have judged. */
  system: { number: -3, name: 'ERR_ABORTED', means: null },
  /** Nothing else here leads to this code. */
  refused: {
    number: -150,
    name: 'ERR_SSL_PINNED_KEY_NOT_IN_CERT_CHAIN',
    means: 'broker-key-changed',
  },
  misnamed: { number: -200, name: 'ERR_CERT_COMMON_NAME_INVALID', means: 'broker-name-wrong' },
  outdated: { number: -201, name: 'ERR_CERT_DATE_INVALID', means: 'broker-certificate-expired' },
} as const satisfies Record<string, Said>;
export type Verdict = keyof typeof verdicts;

const faults = {
  'broker-name-wrong': 'misnamed',
  'broker-certificate-expired': 'outdated',
} as const satisfies Record<ChainFault, Verdict>;

/** Which keys a host has to show; `null` leaves it to the operating system. */
export type Pins = (host: string) => readonly string[] | null | undefined;

/**
 * Whether a server is who it has to be. What is not pinned is refused, whoever vouches for it.
 *
 * @param now milliseconds since the epoch
 */
export function judge(
  { hostname, certificate }: Pick<VerifyRequest, 'hostname' | 'certificate'>,
  pins: Pins,
  now: number,
): Verdict {
  const anchors = pins(hostOf(hostname));
  if (anchors === undefined) return 'refused';
  if (anchors === null) return 'system';
  const meets = (digests: readonly string[]) => digests.some((digest) => anchors.includes(digest));
  const chain = chainOf(certificate);
  if (meets(chainDigests(chain, hostname, now))) return 'accepted';
  const fault = faultIn(chain, hostname, now);
  return fault !== null && meets(fault.chain) ? faults[fault.code] : 'refused';
}

/** What a failure means that Chromium tells by the number or in the text of an error. */
export function refusalIn(told: number | string): Said['means'] {
  const said = Object.values(verdicts).find(({ number, name }) =>
    typeof told === 'number' ? told === number : told.includes(name),
  );
  return said?.means ?? null;
}

/** What the server showed, in PEM, its own certificate first. */
export function chainOf(certificate: Certificate): string[] {
  const chain: string[] = [];
  for (
    let next: Certificate | undefined = certificate;
    next !== undefined && chain.length < longestChain;
    next = next.issuerCert
  ) {
    chain.push(next.data);
  }
  return chain;
}

const longestChain = 10;

/** What becomes of hosts that nothing is said of: the operating system judges them, or nobody. */
export type Strangers = 'system' | 'refused';

type Pinned = { origin: SignInOrigin['origin']; anchors: Readonly<SignInOrigin['anchors']> };

/**
 * The anchors of the origins of one host: Chromium does not tell which port it asks about. A broker
 * is never left to the operating system, whatever else is on its host.
 */
export function pinsOf(
  brokers: readonly Pinned[],
  others: readonly SignInOrigin[],
  strangers: Strangers,
): Pins {
  return (host) => {
    const isThere = ({ origin }: Pinned) => hostOf(new URL(origin).hostname) === host;
    const found = [...brokers, ...others].filter(isThere);
    if (found.length === 0) return strangers === 'system' ? null : undefined;
    const anchors = found.flatMap((pinned) => pinned.anchors);
    return anchors.length === 0 && !brokers.some(isThere) ? null : anchors;
  };
}

/** As a URL has it, an IPv6 address without its brackets. */
export function hostOf(hostname: string): string {
  return hostname.replaceAll(/[[\]]/g, '');
}
