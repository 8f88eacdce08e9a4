import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import type { LogEntry } from '../../../../main/log.ts';
import { createKeptPlace } from '../../../../main/vault/kept.ts';
import { createMemoryVault } from '../../../../main/vault/memory.ts';
import { CodedError } from '../../../../src/contract/errors.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { identity } from './identity.ts';

const path = temporaryFolder();

function setUp() {
  const files = { identity: path('vault', 'identity.jwe'), mark: path('vault', 'in-keychain') };
  const log: LogEntry[] = [];
  const kept = createKeptPlace({ ...files, log: (entry) => log.push(entry) });
  return { files, kept, log, vault: kept.marking(createMemoryVault()) };
}

it('knows of nothing at first', async () => {
  const { kept, vault } = setUp();
  expect(kept.find()).toBeNull();
  expect(await vault.read()).toBeNull();
  expect(kept.find()).toBeNull();
});

it('remembers the keychain from the write on, until the identity is erased', async () => {
  const { kept, vault } = setUp();
  await vault.write(identity);
  expect(kept.find()).toBe('keychain');
  await vault.erase();
  expect(kept.find()).toBeNull();
});

it('remembers an identity that was found there', async () => {
  const { kept, files } = setUp();
  const keychain = createMemoryVault();
  await keychain.write(identity);
  await kept.marking(keychain).read();
  expect(kept.find()).toBe('keychain');
  expect(existsSync(files.mark)).toBe(true);
});

it('goes on remembering when the keychain does not answer', async () => {
  const { kept, vault } = setUp();
  await vault.write(identity);
  const fails = () => Promise.reject(new CodedError('vault-unavailable'));
  const gone = kept.marking({ kind: 'keychain', read: fails, write: fails, erase: fails });
  await expect(gone.read()).rejects.toThrow(CodedError);
  await expect(gone.erase()).rejects.toThrow(CodedError);
  expect(kept.find()).toBe('keychain');
});

it('takes the encrypted file for what it is, whatever the mark says', async () => {
  const { kept, files, vault } = setUp();
  await vault.write(identity);
  writeFileSync(files.identity, '');
  expect(kept.find()).toBe('file');
});

it('fails nothing when the mark cannot be written, but says so', async () => {
  const { files, vault, log } = setUp();
  mkdirSync(dirname(dirname(files.mark)), { recursive: true });
  writeFileSync(dirname(files.mark), 'a file where the folder should be');
  await vault.write(identity);
  expect(await vault.read()).toEqual(identity);
  expect(log).not.toEqual([]);
});
