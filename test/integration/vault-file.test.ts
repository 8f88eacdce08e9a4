import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { currentUser } from '../../main/trusted-file.ts';
import { createEncryptedFileVault } from '../../main/vault/encrypted-file.ts';
import type { TerminalIdentity, Vault } from '../../src/terminal/vault.ts';
import { testMachine } from '../harness/doomed-vault-machine.ts';
import { identity } from '../unit/main/vault/identity.ts';

const script = join(import.meta.dirname, '../harness/doomed-vault.ts');
const next: TerminalIdentity = { ...identity, refreshToken: 'the next refresh token' };

/** More than any operation has. */
const mostSteps = 40;

let folder: string;
let file: string;
let vault: Vault;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vault-'));
  file = join(folder, 'vault', 'identity.jwe');
  const user = currentUser();
  const files = fs;
  vault = createEncryptedFileVault({
    file,
    user,
    secrets: () => testMachine,
    files,
    now: Date.now,
  });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/**
 * Does it in a process that kills itself at a step.
 * @returns whether it was killed, rather than at its end before that step
 */
async function isKilled(step: number, how: string, operation: string, ...args: string[]) {
  expect(step).toBeLessThan(mostSteps);
  const child = spawn(process.execPath, [script, file, String(step), how, operation, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code, signal]: (string | number | null)[] = await once(child, 'exit');
  if (signal === null) expect(code).toBe(0);
  return signal === 'SIGKILL';
}

it.each(['before', 'half'])(
  'a write that is killed at any step (%s) leaves the old identity or the new one',
  async (how) => {
    const tokens: (string | undefined)[] = [];
    let killed = true;
    for (let step = 1; killed; step += 1) {
      await vault.write(identity);
      killed = await isKilled(step, how, 'write', JSON.stringify(next));
      tokens.push((await vault.read())?.refreshToken);
    }
    // Old up to some step, and new from there on.
    const taken = tokens.indexOf(next.refreshToken);
    expect(taken).toBeGreaterThan(5);
    expect(new Set(tokens.slice(0, taken))).toEqual(new Set([identity.refreshToken]));
    expect(new Set(tokens.slice(taken))).toEqual(new Set([next.refreshToken]));
    await vault.write(identity);
    expect(await readdir(dirname(file))).toEqual(['identity.jwe']);
  },
);

it('the very first write that is killed leaves nothing or the identity', async () => {
  let killed = true;
  for (let step = 1; killed; step += 1) {
    await rm(dirname(file), { recursive: true, force: true });
    killed = await isKilled(step, 'half', 'write', JSON.stringify(identity));
    expect([null, identity]).toContainEqual(await vault.read());
  }
});

it('an erasure that is killed leaves the identity or nothing', async () => {
  let killed = true;
  for (let step = 1; killed; step += 1) {
    await vault.write(identity);
    killed = await isKilled(step, 'before', 'erase');
    expect([null, identity]).toContainEqual(await vault.read());
  }
  expect(await vault.read()).toBeNull();
});
