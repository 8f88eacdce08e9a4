import { expect, it } from 'vitest';
import { decideVault, type VaultFacts } from '../../../../main/vault/order.ts';

const facts = (given: Partial<VaultFacts>): VaultFacts => ({
  policy: 'auto',
  kept: null,
  keychainThere: async () => true,
  machineKnown: () => true,
  ...given,
});
const kindOf = async (given: Partial<VaultFacts>) => (await decideVault(facts(given))).kind;
const absent = async () => false;

it('is the keychain where there is one', async () => {
  expect(await kindOf({})).toBe('keychain');
});

it('is the encrypted file where there is no keychain at all', async () => {
  expect(await kindOf({ keychainThere: absent })).toBe('file');
});

it('is never memory by itself, not even where nothing else can be', async () => {
  const decision = await kindOf({ keychainThere: absent, machineKnown: () => false });
  expect(decision).toBe('keychain');
});

it('stays where an identity was put, whatever has come or gone since', async () => {
  expect(await kindOf({ kept: 'keychain', keychainThere: absent })).toBe('keychain');
  expect(await kindOf({ kept: 'file' })).toBe('file');
});

it.each(['keychain', 'file', 'memory'] as const)(
  'is %s where the policy says so',
  async (policy) => {
    const asked = () => Promise.reject(new Error('was asked'));
    expect(await kindOf({ policy, kept: 'file', keychainThere: asked })).toBe(policy);
  },
);
