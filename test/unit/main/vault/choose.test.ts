import { describe, expect, it } from 'vitest';
import { chooseVault } from '../../../../main/vault/choose.ts';
import { createMemoryVault } from '../../../../main/vault/memory.ts';
import { CodedError, type ErrorCode } from '../../../../src/contract/errors.ts';
import type { Vault } from '../../../../src/terminal/vault.ts';

const memory = createMemoryVault();

function keychainThat(read: Vault['read']): Vault {
  return { ...createMemoryVault(), kind: 'keychain', read };
}
const failing = (code: ErrorCode) => keychainThat(() => Promise.reject(new CodedError(code)));
const working = keychainThat(async () => null);

describe('with the policy "ask"', () => {
  it('takes the keychain untried and leaves memory to the person', async () => {
    const keychain = keychainThat(() => Promise.reject(new Error('was tried')));
    const choice = await chooseVault({ keychain, memory, memoryVault: 'ask' });
    expect(choice).toEqual({ vault: keychain, fallbackVault: memory });
  });
});

describe('with the policy "allow"', () => {
  it('takes the keychain where it works', async () => {
    const choice = await chooseVault({ keychain: working, memory, memoryVault: 'allow' });
    expect(choice.vault).toBe(working);
  });

  it('takes memory where there is no keychain', async () => {
    const keychain = failing('vault-unavailable');
    const choice = await chooseVault({ keychain, memory, memoryVault: 'allow' });
    expect(choice).toEqual({ vault: memory, fallbackVault: null });
  });

  it('keeps a keychain whose entry is damaged: it must be told, not passed over', async () => {
    const keychain = failing('vault-damaged');
    const choice = await chooseVault({ keychain, memory, memoryVault: 'allow' });
    expect(choice.vault).toBe(keychain);
  });

  it('hides no fault of its own', async () => {
    const keychain = keychainThat(() => Promise.reject(new TypeError('a bug')));
    await expect(chooseVault({ keychain, memory, memoryVault: 'allow' })).rejects.toThrow('a bug');
  });
});
