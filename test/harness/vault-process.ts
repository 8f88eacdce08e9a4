/**
 * Does one thing with the keychain and prints how it went, as a process of its own: the libraries
 * below keytar look at the session bus once in the life of a process.
 */

import { createKeytarVault, usualAccount } from '../../main/vault/keytar.ts';
import { systemClock } from '../../src/contract/clock.ts';
import { CodedError } from '../../src/contract/errors.ts';
import { identitySchema } from '../../src/terminal/vault.ts';

const [operation, text = '', account = usualAccount] = process.argv.slice(2);
const keytar = (await import('keytar')).default;
const vault = createKeytarVault({
  load: async () => keytar,
  account,
  clock: systemClock,
  answerWithinMs: 10_000,
});

async function run(): Promise<unknown> {
  switch (operation) {
    case 'read':
      return vault.read();
    case 'write':
      return vault.write(identitySchema.parse(JSON.parse(text)));
    case 'erase':
      return vault.erase();
    case 'damage':
      return keytar.setPassword('Porthole', account, text);
    case 'set-aside':
      return keytar.getPassword('Porthole', `${account} (damaged)`);
    default:
      throw new Error(`there is no operation ${operation}`);
  }
}

try {
  process.stdout.write(JSON.stringify({ value: (await run()) ?? null }));
} catch (error) {
  if (!(error instanceof CodedError)) throw error;
  process.stdout.write(JSON.stringify({ code: error.code, detail: error.detail }));
}
