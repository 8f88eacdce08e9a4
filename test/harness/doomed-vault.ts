/**
 * Writes or erases an identity in the encrypted-file vault and kills itself at one step of it, as a
 * power cut would: before the step, or with half of it done where that can be.
 */
import * as fs from 'node:fs';
import { currentUser } from '../../main/trusted-file.ts';
import { createEncryptedFileVault } from '../../main/vault/encrypted-file.ts';
import { identitySchema } from '../../src/terminal/vault.ts';
import { testMachine } from './doomed-vault-machine.ts';

const [file = '', lastStep, how, operation, text = ''] = process.argv.slice(2);
let step = 0;

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  // The signal is on its way; nothing more must happen until it is here.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
}

const doomed = new Proxy(fs, {
  get(target, name) {
    const call: unknown = Reflect.get(target, name);
    if (typeof call !== 'function') return call;
    return (...args: unknown[]) => {
      step += 1;
      if (step !== Number(lastStep)) return Reflect.apply(call, target, args);
      const [descriptor, bytes] = args;
      if (how === 'half' && typeof descriptor === 'number' && bytes instanceof Buffer) {
        fs.writeSync(descriptor, bytes, 0, Math.floor(bytes.length / 2));
      }
      return die();
    };
  },
});

const vault = createEncryptedFileVault({
  file,
  user: currentUser(),
  secrets: () => testMachine,
  files: doomed,
  now: Date.now,
});
if (operation === 'write') await vault.write(identitySchema.parse(JSON.parse(text)));
else await vault.erase();
