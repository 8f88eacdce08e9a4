import { CodedError } from '../../src/contract/errors.ts';
import type { VaultKind } from '../../src/contract/identity.ts';
import type { Vault } from '../../src/terminal/vault.ts';
import { decideVault, type VaultFacts } from './order.ts';

export type VaultChoice = {
  vault: Vault;
  /** What the person may choose instead when the vault cannot be used. */
  fallbackVault: Vault | null;
  why: string;
};

/**
 * The vault of this start (see decideVault). Where it cannot be used the person is asked before
 * anything goes on in memory, unless nobody is there to be asked. There is no other way: a file in
 * plain text is not a vault.
 */
export async function chooseVault(deps: {
  vaults: Readonly<Record<VaultKind, Vault>>;
  facts: VaultFacts;
  /** `memory`: whoever starts the terminal has said that memory will do. */
  whenUnusable: 'ask' | 'memory';
}): Promise<VaultChoice> {
  const { vaults } = deps;
  const { kind, why } = await decideVault(deps.facts);
  const vault = vaults[kind];
  if (kind === 'memory') return { vault, fallbackVault: null, why };
  if (deps.whenUnusable === 'memory' && (await isUnavailable(vault))) {
    return { vault: vaults.memory, fallbackVault: null, why: `the ${kind} cannot be used` };
  }
  return { vault, fallbackVault: vaults.memory, why };
}

async function isUnavailable(vault: Vault): Promise<boolean> {
  try {
    await vault.read();
    return false;
  } catch (error) {
    if (error instanceof CodedError) return error.code === 'vault-unavailable';
    throw error;
  }
}
