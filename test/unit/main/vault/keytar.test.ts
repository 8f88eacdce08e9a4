import { describe, expect, it } from 'vitest';
import { createKeytarVault, type Keychain, usualAccount } from '../../../../main/vault/keytar.ts';
import { keychainAccount } from '../../../../main/vault/vaults.ts';
import type { Clock } from '../../../../src/contract/clock.ts';
import { identity } from './identity.ts';

const never: Clock = { now: () => 0, after: () => ({ dispose: () => undefined }) };
const atOnce: Clock = {
  now: () => 0,
  after: (_ms, callback) => {
    queueMicrotask(callback);
    return { dispose: () => undefined };
  },
};

/** A keychain in a map, by account. */
function keychainOf(entries: Record<string, string> = {}) {
  const stored = new Map(Object.entries(entries));
  const keychain: Keychain = {
    getPassword: async (_service, account) => stored.get(account) ?? null,
    setPassword: async (_service, account, password) => {
      stored.set(account, password);
    },
    deletePassword: async (_service, account) => stored.delete(account),
  };
  return { keychain, stored };
}

const account = usualAccount;
const vaultOf = (keychain: Keychain, clock = never) =>
  createKeytarVault({ load: async () => keychain, account, clock, answerWithinMs: 1 });

it('reads back what it wrote, and nothing after it was erased', async () => {
  const vault = vaultOf(keychainOf().keychain);
  expect(await vault.read()).toBeNull();
  await vault.write(identity);
  expect(await vault.read()).toEqual(identity);
  await vault.erase();
  expect(await vault.read()).toBeNull();
});

it('erases what is not there', async () => {
  await expect(vaultOf(keychainOf().keychain).erase()).resolves.toBeUndefined();
});

describe('a damaged entry', () => {
  const damaged = {
    'not JSON': 'refresh-token-in-the-open',
    'JSON cut short': JSON.stringify(identity).slice(0, -2),
    'another shape': '{"broker":"https://broker.example"}',
    'one field too many': JSON.stringify({ ...identity, more: true }),
    'JSON null': 'null',
    'no text': ' ',
  };

  it.each(Object.entries(damaged))('of %s is reported and set aside', async (_what, text) => {
    const { keychain, stored } = keychainOf({ identity: text });
    await expect(vaultOf(keychain).read()).rejects.toMatchObject({ code: 'vault-damaged' });
    expect(stored.get('identity (damaged)')).toBe(text);
    await vaultOf(keychain).write(identity);
    expect(await vaultOf(keychain).read()).toEqual(identity);
    expect(stored.get('identity (damaged)')).toBe(text);
  });

  it('is never quoted in the error', async () => {
    const { keychain } = keychainOf({ identity: 'refresh-token-in-the-open' });
    const error: unknown = await vaultOf(keychain)
      .read()
      .catch((thrown: unknown) => thrown);
    expect(`${error} ${JSON.stringify(error)}`).not.toContain('refresh-token');
  });
});

describe('a keychain that cannot be used', () => {
  const refuse = async () => {
    throw new Error('Cannot autolaunch D-Bus\nwithout a display');
  };
  const refusing: Keychain = { getPassword: refuse, setPassword: refuse, deletePassword: refuse };
  const operations = ['read', 'write', 'erase'] as const;

  it.each(operations)('makes %s fail with its first line as the detail', async (operation) => {
    await expect(vaultOf(refusing)[operation](identity)).rejects.toMatchObject({
      code: 'vault-unavailable',
      detail: 'Cannot autolaunch D-Bus',
    });
  });

  it.each(operations)('makes %s fail when the module does not load', async (operation) => {
    const load = () => Promise.reject(new Error('libsecret-1.so.0: cannot open shared object'));
    const vault = createKeytarVault({ load, account, clock: never, answerWithinMs: 1 });
    await expect(vault[operation](identity)).rejects.toMatchObject({
      code: 'vault-unavailable',
      detail: 'libsecret-1.so.0: cannot open shared object',
    });
  });

  it.each(operations)('makes %s fail when it never answers', async (operation) => {
    const silent = () => new Promise<never>(() => undefined);
    const keychain: Keychain = { getPassword: silent, setPassword: silent, deletePassword: silent };
    await expect(vaultOf(keychain, atOnce)[operation](identity)).rejects.toMatchObject({
      code: 'vault-unavailable',
    });
  });
});

describe('a keychain that is locked answers as an empty one, and', () => {
  const locked: Keychain = {
    getPassword: async () => null,
    setPassword: () => Promise.reject(new Error('Cannot create an item in a locked collection')),
    deletePassword: async () => false,
  };

  it.each(['read', 'write', 'erase'] as const)('is not believed by %s', async (operation) => {
    await expect(vaultOf(locked)[operation](identity)).rejects.toMatchObject({
      code: 'vault-unavailable',
      detail: 'Cannot create an item in a locked collection',
    });
  });
});

it('leaves nothing behind of looking whether the keychain is open', async () => {
  const { keychain, stored } = keychainOf();
  await vaultOf(keychain).read();
  await vaultOf(keychain).erase();
  expect(stored.size).toBe(0);
});

it('keeps the identities of two profiles apart, and each of them when the other forgets', async () => {
  const { keychain, stored } = keychainOf();
  const [usual, other] = ['/home/ada/.config/Porthole', '/srv/second'].map((profile) =>
    createKeytarVault({
      load: async () => keychain,
      account: keychainAccount(profile, '/home/ada/.config/Porthole'),
      clock: never,
      answerWithinMs: 1,
    }),
  );
  await usual?.write(identity);
  await other?.write({ ...identity, broker: 'https://another.example' });
  expect(await usual?.read()).toEqual(identity);
  await other?.erase();
  expect(await usual?.read()).toEqual(identity);
  expect([...stored.keys()]).toEqual(['identity']);
});

it('does not load the module before it is used', () => {
  const load = () => Promise.reject(new Error('loaded too early'));
  expect(createKeytarVault({ load, account, clock: never, answerWithinMs: 1 }).kind).toBe(
    'keychain',
  );
});
