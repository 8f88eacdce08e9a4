import { expect, it } from 'vitest';
import { createMemoryVault } from '../../../../main/vault/memory.ts';
import { identity } from './identity.ts';

it('is empty at first, keeps what was written and forgets what was erased', async () => {
  const vault = createMemoryVault();
  expect(await vault.read()).toBeNull();
  await vault.write(identity);
  expect(await vault.read()).toEqual(identity);
  await vault.erase();
  expect(await vault.read()).toBeNull();
});

it('shares nothing with another vault', async () => {
  await createMemoryVault().write(identity);
  expect(await createMemoryVault().read()).toBeNull();
});
