import type { TerminalIdentity, Vault } from '../../src/terminal/vault.ts';

/** Keeps the identity until the app closes. Nothing of it ever reaches a disk. */
export function createMemoryVault(): Vault {
  let identity: TerminalIdentity | null = null;
  return {
    kind: 'memory',
    read: async () => identity,
    write: async (next) => {
      identity = next;
    },
    erase: async () => {
      identity = null;
    },
  };
}
