import * as fs from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/contract/clock.ts';
import type { Log } from '../log.ts';
import type { FileUser } from '../trusted-file.ts';
import { chooseVault, type VaultChoice } from './choose.ts';
import { createEncryptedFileVault } from './encrypted-file.ts';
import { createKeptPlace } from './kept.ts';
import { isKeychainThere } from './keychain-presence.ts';
import { createKeytarVault, type Keychain, usualAccount } from './keytar.ts';
import { type MachineSecrets, readMachineSecrets } from './machine-secrets.ts';
import { createMemoryVault } from './memory.ts';
import type { VaultFacts, VaultPolicy } from './order.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** People take their time to unlock a keychain; where memory will do, they may not be there. */
const keychainAnswersWithinMs = { ask: 120_000, memory: 10_000 } as const;

/** Where the terminal of a profile keeps its encrypted file, and the mark of its keychain. */
export function vaultFiles(profile: string): { identity: string; mark: string } {
  const folder = join(profile, 'vault');
  return { identity: join(folder, 'identity.jwe'), mark: join(folder, 'in-keychain') };
}

/**
 * The name of a profile's entry in the keychain, which all profiles of a user share.
 * @param usualProfile the profile of a terminal that is started without naming one
 */
export function keychainAccount(profile: string, usualProfile: string): string {
  return profile === usualProfile ? usualAccount : `${usualAccount} of ${profile}`;
}

/** What the order of vaults goes by on this machine. */
export function vaultFacts(deps: {
  policy: VaultPolicy;
  profile: string;
  load: () => Promise<Keychain>;
  env: Env;
  log: Log;
}): VaultFacts {
  const { policy, env, load, log } = deps;
  const { platform } = process;
  return {
    policy,
    kept: createKeptPlace({ ...vaultFiles(deps.profile), log }).find(),
    keychainThere: () => isKeychainThere({ load, env, platform, clock: systemClock }),
    machineKnown: () => secretsOfMachine(env).size > 0,
  };
}

/** The vault of this start, on the real keychain and the real files. */
export function openVault(deps: {
  facts: VaultFacts;
  whenUnusable: 'ask' | 'memory';
  profile: string;
  /** See keychainAccount. */
  account: string;
  load: () => Promise<Keychain>;
  env: Env;
  user: FileUser;
  log: Log;
}): Promise<VaultChoice> {
  const { facts, whenUnusable, account, env, user, load, log } = deps;
  const files = vaultFiles(deps.profile);
  const keychain = createKeytarVault({
    load,
    account,
    clock: systemClock,
    answerWithinMs: keychainAnswersWithinMs[whenUnusable],
  });
  const vaults = {
    keychain: createKeptPlace({ ...files, log }).marking(keychain),
    file: createEncryptedFileVault({
      file: files.identity,
      user,
      secrets: () => secretsOfMachine(env),
      files: fs,
      now: Date.now,
    }),
    memory: createMemoryVault(),
  };
  return chooseVault({ vaults, facts, whenUnusable });
}

/** What the key of the encrypted file is made from here. */
export function secretsOfMachine(env: Env): MachineSecrets {
  return readMachineSecrets({ root: '/', credentials: env.CREDENTIALS_DIRECTORY || null });
}
