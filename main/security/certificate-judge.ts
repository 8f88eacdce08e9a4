import type { Certificate, Session } from 'electron';
import type { SignInOrigin } from '../../src/contract/identity.ts';
import { chainDigests } from './broker-certificates.ts';

type VerifyRequest = Parameters<NonNullable<Parameters<Session['setCertificateVerifyProc']>[0]>>[0];

/** Numbers as Session.setCertificateVerifyProc takes them. */
export const verdicts = {
  accepted: 0,
  /** Chromium says how it would have judged. */
  system: -3,
  /** ERR_SSL_PINNED_KEY_NOT_IN_CERT_CHAIN: a code of Chromium that nothing else here leads to. */
  refused: -150,
} as const;
export type Verdict = keyof typeof verdicts;

/** How Chromium calls a refusal of ours in what it throws and tells. */
export const refusalName = 'ERR_SSL_PINNED_KEY_NOT_IN_CERT_CHAIN';

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
  const shown = chainDigests(chainOf(certificate), hostname, now);
  return shown.some((digest) => anchors.includes(digest)) ? 'accepted' : 'refused';
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

type Pinned = { origin: SignInOrigin['origin']; anchors: Readonly<SignInOrigin['anchors']> };

/**
 * The anchors of the origins of one host: Chromium does not tell which port it asks about. A broker
 * is never left to the operating system, whatever else is on its host.
 */
export function pinsOf(brokers: readonly Pinned[], others: readonly SignInOrigin[]): Pins {
  return (host) => {
    const isThere = ({ origin }: Pinned) => hostOf(new URL(origin).hostname) === host;
    const found = [...brokers, ...others].filter(isThere);
    if (found.length === 0) return undefined;
    const anchors = found.flatMap((pinned) => pinned.anchors);
    return anchors.length === 0 && !brokers.some(isThere) ? null : anchors;
  };
}

/** As a URL has it, an IPv6 address without its brackets. */
export function hostOf(hostname: string): string {
  return hostname.replaceAll(/[[\]]/g, '');
}
