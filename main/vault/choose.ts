import { CodedError } from '../../src/contract/errors.ts';
import type { Vault } from '../../src/terminal/vault.ts';

export type VaultChoice = {
  vault: Vault;
  /** What the person may choose instead when the vault cannot be used. */
  fallbackVault: Vault | null;
};

/**
 * Decides where the identity is kept: in the keychain where there is one. Where there is none the
 * person is asked before anything goes on in memory, unless the policy says `allow`. There is no
 * third way: a file in plain text is not a vault.
 */
export async function chooseVault(deps: {
  keychain: Vault;
  memory: Vault;
  memoryVault: 'ask' | 'allow';
}): Promise<VaultChoice> {
  const { keychain, memory } = deps;
  if (deps.memoryVault === 'allow' && (await isUnavailable(keychain))) {
    return { vault: memory, fallbackVault: null };
  }
  return { vault: keychain, fallbackVault: memory };
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
