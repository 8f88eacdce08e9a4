import { join } from 'node:path';
import { machineConfigFolder, readMachinePolicy } from '../../../main/machine-policy.ts';
import { currentUser } from '../../../main/trusted-file.ts';
import { type MachineSecrets, withstandsTheft } from '../../../main/vault/machine-secrets.ts';
import { decideVault } from '../../../main/vault/order.ts';
import { secretsOfMachine, vaultFacts } from '../../../main/vault/vaults.ts';
import type { Finding } from './check.ts';

type Env = Readonly<Record<string, string | undefined>>;

const inWords = {
  keychain: 'the keychain of the system',
  file: 'a file encrypted by a key bound to this machine',
  memory: 'memory only: it has to be enrolled again after each restart',
} as const;

/** A secret that is not on the disk: two ways to one (systemd-creds(1), tmpfiles.d(5)). */
const betterKey = [
  'Whoever takes the disk can decrypt the file. Give the unit of the terminal a secret that the',
  'TPM guards, and restart it: with its next token it encrypts the file anew.',
  '  head -c 32 /dev/urandom | systemd-creds encrypt --with-key=tpm2 \\',
  '    --name=porthole-vault-key - /etc/credstore.encrypted/porthole-vault-key',
  '  LoadCredentialEncrypted=porthole-vault-key',
  'Or let its user read the number of the machine, by a rule in /etc/tmpfiles.d:',
  '  z /sys/class/dmi/id/product_uuid 0440 root GROUP',
].join('\n');

/**
 * Where a terminal that is started here would keep its identity, and why, by the order that it goes
 * by itself.
 * @param keychain what was found of the keychain; see keychain.ts
 */
export async function probeVault(env: Env, keychain: () => Promise<Finding>): Promise<Finding> {
  const folder = machineConfigFolder(env, process.platform);
  const { vault: policy = 'auto' } = readMachinePolicy(folder, currentUser());
  const facts = vaultFacts({
    policy,
    profile: terminalProfile(env),
    load: async () => (await import('keytar')).default,
    env,
    log: () => undefined,
  });
  const { kind, why } = await decideVault(facts);
  const found = `${inWords[kind]}: ${why}`;
  if (kind === 'memory') return { ok: false, found };
  if (kind === 'file') return judgeFile(found, secretsOfMachine(env));
  const { ok, found: instead } = await keychain();
  return ok ? { ok, found } : { ok, found: `${found}, but ${instead}` };
}

/** What the file is worth, by what its key is made from. */
export function judgeFile(found: string, secrets: MachineSecrets): Finding {
  if (secrets.size === 0) return { ok: false, found: `${found}, but it has nothing to bind it to` };
  const made = `${found}; its key is made from ${[...secrets.keys()].join(', ')}`;
  if (withstandsTheft(secrets)) return { ok: true, found: made };
  return { ok: false, found: `${made} alone, which is on the same disk`, remedy: betterKey };
}

/** The folder that Electron gives the terminal's profile (app.getPath('userData')). */
function terminalProfile(env: Env): string {
  const home = env.HOME ?? '';
  if (process.platform === 'darwin') return join(home, 'Library/Application Support/Porthole');
  if (process.platform === 'win32') return join(env.APPDATA ?? home, 'Porthole');
  return join(env.XDG_CONFIG_HOME || join(home, '.config'), 'Porthole');
}
