import { CodedError } from '../contract/errors.ts';
import type { EnrollmentOffer, EnrollmentRequest } from '../contract/terminal.ts';
import { createDeviceKey, type PrivateKey } from './device-key.ts';
import {
  type EnrollmentDeps,
  enrollUnattended,
  type PendingEnrollment,
  requestEnrollment,
  type Unattended,
} from './enrollment.ts';
import type { TerminalIdentity, Vault } from './vault.ts';

export type SelfEnrollment = Unattended & {
  /** Whether it is meant for a terminal, too, that another broker has enrolled. */
  replaces: boolean;
};

export type EnrollingDeps = Omit<EnrollmentDeps, 'key' | 'vault'> & {
  /** How to enroll without being asked; null where a person does. */
  unattended: SelfEnrollment | null;
};

/**
 * The terminal while it has no identity: the key that it would have, and the request that an
 * administrator looks at. The key stays the same until it is enrolled, so that an answer that was
 * lost costs no second enrollment.
 */
export class Enrolling {
  readonly #deps: EnrollingDeps;
  #key: Promise<PrivateKey> | null = null;
  #pending: PendingEnrollment | null = null;

  constructor(deps: EnrollingDeps) {
    this.#deps = deps;
  }

  async request(
    { broker }: EnrollmentOffer,
    vault: Vault,
    signal: AbortSignal,
  ): Promise<EnrollmentRequest> {
    this.#pending = await requestEnrollment(broker, await this.#depsFor(vault), signal);
    return this.#pending.request;
  }

  /** @throws enrollment-denied, enrollment-expired */
  async approved(signal: AbortSignal): Promise<TerminalIdentity> {
    if (this.#pending === null) throw new CodedError('enrollment-expired');
    return this.#pending.approved(signal);
  }

  /** Whether the terminal is to leave the broker that it has this identity of. */
  replaces({ broker, trust }: TerminalIdentity): boolean {
    const { unattended } = this.#deps;
    if (unattended === null || !unattended.replaces) return false;
    return broker !== unattended.broker || !trust.anchors.includes(unattended.ca);
  }

  /** @throws enrollment-token-expired, enrollment-token-used-up, enrollment-token-wrong */
  async unattended(vault: Vault, signal: AbortSignal): Promise<TerminalIdentity> {
    const { unattended } = this.#deps;
    if (unattended === null) throw new CodedError('not-possible-now');
    return enrollUnattended(unattended, await this.#depsFor(vault), signal);
  }

  /** The key belongs to an identity now; the next one is another. */
  done(): void {
    this.#key = null;
    this.#pending = null;
  }

  async #depsFor(vault: Vault): Promise<EnrollmentDeps> {
    this.#key ??= createDeviceKey();
    return { ...this.#deps, key: await this.#key, vault: vault.kind };
  }
}
