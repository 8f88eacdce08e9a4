import { existsSync } from 'node:fs';
import type { Vault } from '../../src/terminal/vault.ts';
import type { Log } from '../log.ts';
import { readIfThere, removeFile, replaceFile } from '../private-file.ts';

/**
 * Where an identity was put: what a later start goes by when its keychain seems to be gone. The
 * encrypted file speaks for itself; of the keychain, a mark beside it does. No secret is in it.
 */
export type KeptPlace = {
  find(): 'keychain' | 'file' | null;
  /** The same vault, which sets and removes the mark as identities come and go. */
  marking(keychain: Vault): Vault;
};

/** @param deps.identity the encrypted file */
export function createKeptPlace(deps: { identity: string; mark: string; log: Log }): KeptPlace {
  const mark = (kept: boolean) => {
    try {
      if (kept === (readIfThere(deps.mark) !== null)) return;
      if (kept) replaceFile(deps.mark, 'The identity of this terminal is in the keychain.\n');
      else removeFile(deps.mark);
    } catch (error) {
      // The identity is where it should be; the mark is for the day on which the keychain is not.
      deps.log({ level: 'warn', message: 'the mark of the vault cannot be kept', error });
    }
  };
  return {
    find() {
      if (existsSync(deps.identity)) return 'file';
      return readIfThere(deps.mark) === null ? null : 'keychain';
    },
    marking: (keychain) => ({
      kind: keychain.kind,
      async read() {
        const identity = await keychain.read();
        mark(identity !== null);
        return identity;
      },
      async write(identity) {
        await keychain.write(identity);
        mark(true);
      },
      async erase() {
        await keychain.erase();
        mark(false);
      },
    }),
  };
}
