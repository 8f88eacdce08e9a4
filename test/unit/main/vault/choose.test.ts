import { describe, expect, it } from 'vitest';
import { chooseVault } from '../../../../main/vault/choose.ts';
import { createMemoryVault } from '../../../../main/vault/memory.ts';
import type { VaultFacts } from '../../../../main/vault/order.ts';
import { CodedError, type ErrorCode } from '../../../../src/contract/errors.ts';
import type { Vault } from '../../../../src/terminal/vault.ts';

const memory = createMemoryVault();
const file: Vault = { ...createMemoryVault(), kind: 'file' };
const facts: VaultFacts = {
  policy: 'auto',
  kept: null,
  keychainThere: async () => true,
  machineKnown: () => true,
};

function keychainThat(read: Vault['read']): Vault {
  return { ...createMemoryVault(), kind: 'keychain', read };
}
const failing = (code: ErrorCode) => keychainThat(() => Promise.reject(new CodedError(code)));

const choose = (keychain: Vault, whenUnusable: 'ask' | 'memory', given: Partial<VaultFacts> = {}) =>
  chooseVault({ vaults: { keychain, file, memory }, facts: { ...facts, ...given }, whenUnusable });

describe('where somebody can be asked', () => {
  it('the keychain is taken untried, and memory left to the person', async () => {
    const keychain = keychainThat(() => Promise.reject(new Error('was tried')));
    expect(await choose(keychain, 'ask')).toMatchObject({ vault: keychain, fallbackVault: memory });
  });

  it('the file is taken where there is no keychain', async () => {
    const choice = await choose(failing('vault-unavailable'), 'ask', {
      keychainThere: async () => false,
    });
    expect(choice).toMatchObject({ vault: file, fallbackVault: memory });
  });
});

describe('where memory will do', () => {
  it('the keychain is taken where it works', async () => {
    const working = keychainThat(async () => null);
    expect((await choose(working, 'memory')).vault).toBe(working);
  });

  it('memory is taken where the keychain is locked', async () => {
    const choice = await choose(failing('vault-unavailable'), 'memory');
    expect(choice).toMatchObject({ vault: memory, fallbackVault: null });
  });

  it('a keychain whose entry is damaged is kept: it must be told, not passed over', async () => {
    const keychain = failing('vault-damaged');
    expect((await choose(keychain, 'memory')).vault).toBe(keychain);
  });

  it('no fault of its own is hidden', async () => {
    const keychain = keychainThat(() => Promise.reject(new TypeError('a bug')));
    await expect(choose(keychain, 'memory')).rejects.toThrow('a bug');
  });
});

it('is memory at once where the policy says so, with nothing to fall back on', async () => {
  const keychain = keychainThat(() => Promise.reject(new Error('was tried')));
  const choice = await choose(keychain, 'ask', { policy: 'memory' });
  expect(choice).toMatchObject({ vault: memory, fallbackVault: null });
});
