import { z } from 'zod';
import type { VaultKind } from '../../src/contract/identity.ts';

/** What an administrator says about where the identity is kept; `auto` leaves it to the order. */
export const vaultPolicySchema = z.enum(['auto', 'keychain', 'file', 'memory']);
export type VaultPolicy = z.infer<typeof vaultPolicySchema>;

export type VaultFacts = {
  policy: VaultPolicy;
  /** Where an identity was put before. */
  kept: 'keychain' | 'file' | null;
  /** Whether there is a keychain, be it locked. Asked only where it matters. */
  keychainThere: () => Promise<boolean>;
  /** Whether the machine has something to derive the key of an encrypted file from. */
  machineKnown: () => boolean;
};

export type VaultDecision = { kind: VaultKind; why: string };

/**
 * The order of vaults: keychain, then encrypted file. A file takes the place of a keychain only
 * where there is none at all: one that is locked has to be unlocked, since it may be where the
 * identity is. And wherever an identity was put, it stays: a keychain that vanished is a fault to
 * be told, not a reason to begin anew. Memory is nobody's choice but a person's, or the policy's.
 */
export async function decideVault(facts: VaultFacts): Promise<VaultDecision> {
  const { policy, kept } = facts;
  if (policy !== 'auto') return { kind: policy, why: 'the policy of this machine says so' };
  if (kept !== null) return { kind: kept, why: 'the identity of this terminal is kept there' };
  if (await facts.keychainThere()) return { kind: 'keychain', why: 'this machine has one' };
  if (facts.machineKnown()) return { kind: 'file', why: 'this machine has no keychain' };
  return { kind: 'keychain', why: 'there is no other place either that could keep a secret' };
}
