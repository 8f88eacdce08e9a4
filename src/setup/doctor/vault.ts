import { join } from 'node:path';
import { machineConfigFolder, readMachinePolicy } from '../../../main/machine-policy.ts';
import { currentUser } from '../../../main/trusted-file.ts';
import { decideVault } from '../../../main/vault/order.ts';
import { vaultFacts } from '../../../main/vault/vaults.ts';
import type { Finding } from './check.ts';

type Env = Readonly<Record<string, string | undefined>>;

const inWords = {
  keychain: 'the keychain of the system',
  file: 'a file encrypted by a key bound to this machine',
  memory: 'memory only: it has to be enrolled again after each restart',
} as const;

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
  if (kind === 'file') return { ok: facts.machineKnown(), found };
  const { ok, found: instead } = await keychain();
  return ok ? { ok, found } : { ok, found: `${found}, but ${instead}` };
}

/** The folder that Electron gives the terminal's profile (app.getPath('userData')). */
function terminalProfile(env: Env): string {
  const home = env.HOME ?? '';
  if (process.platform === 'darwin') return join(home, 'Library/Application Support/Porthole');
  if (process.platform === 'win32') return join(env.APPDATA ?? home, 'Porthole');
  return join(env.XDG_CONFIG_HOME || join(home, '.config'), 'Porthole');
}
