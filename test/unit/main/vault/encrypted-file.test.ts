import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { FileSystem } from '../../../../main/private-file.ts';
import type { FileUser } from '../../../../main/trusted-file.ts';
import { createEncryptedFileVault } from '../../../../main/vault/encrypted-file.ts';
import type { MachineSecrets } from '../../../../main/vault/machine-secrets.ts';
import type { Vault } from '../../../../src/terminal/vault.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { identity } from './identity.ts';

const path = temporaryFolder();
const uid = process.getuid?.() ?? 0;
const self: FileUser = { uid, groups: process.getgroups?.() ?? [] };
const machine: MachineSecrets = new Map([['machine-id', Buffer.from('this machine')]]);
const another: MachineSecrets = new Map([['machine-id', Buffer.from('another machine')]]);

let file: string;
beforeEach(() => {
  file = path('vault', 'identity.jwe');
});

function vaultOn(secrets: MachineSecrets, user = self, files: FileSystem = fs): Vault {
  return createEncryptedFileVault({ file, user, secrets: () => secrets, files, now: () => 7 });
}

const failsWith = (work: Promise<unknown>, code: string, detail = /./) =>
  expect(work).rejects.toThrow(
    expect.objectContaining({ code, detail: expect.stringMatching(detail) }),
  );

describe('an identity', () => {
  it('is kept until it is erased', async () => {
    expect(await vaultOn(machine).read()).toBeNull();
    await vaultOn(machine).write(identity);
    expect(await vaultOn(machine).read()).toEqual(identity);
    await vaultOn(machine).erase();
    expect(await vaultOn(machine).read()).toBeNull();
    expect(fs.readdirSync(dirname(file))).toEqual([]);
  });

  it('is in a file that only this user can read, in a folder of the same kind', async () => {
    await vaultOn(machine).write(identity);
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    expect(fs.statSync(dirname(file)).mode & 0o777).toBe(0o700);
  });

  it('is not in it in plain text, nor twice the same', async () => {
    await vaultOn(machine).write(identity);
    const first = fs.readFileSync(file, 'latin1');
    await vaultOn(machine).write(identity);
    const second = fs.readFileSync(file, 'latin1');
    const [header, key, nonce] = first.split('.');
    expect(key).toBe('');
    expect(second.split('.')[0]).not.toBe(header);
    expect(second.split('.')[2]).not.toBe(nonce);
    for (const part of first.split('.')) {
      const text = Buffer.from(part, 'base64url').toString('latin1');
      expect(text).not.toContain(identity.refreshToken);
      expect(text).not.toContain(identity.privateKey.d);
    }
  });

  it('is the last that was written, however soon one follows the other', async () => {
    const vault = vaultOn(machine);
    const tokens = Array.from({ length: 8 }, (_, index) => `token ${index}`);
    await Promise.all(tokens.map((refreshToken) => vault.write({ ...identity, refreshToken })));
    expect(await vault.read()).toMatchObject({ refreshToken: 'token 7' });
  });
});

describe('a copy', () => {
  it('on another machine is damaged, and set aside', async () => {
    await vaultOn(machine).write(identity);
    await failsWith(vaultOn(another).read(), 'vault-damaged', /identity\.jwe$/);
    expect(fs.readdirSync(dirname(file))).toEqual(['identity.jwe.damaged-7']);
    expect(await vaultOn(another).read()).toBeNull();
  });

  it.each([
    ['its header', 0],
    ['its nonce', 2],
    ['its content', 3],
    ['its tag', 4],
  ])('with %s changed is damaged', async (_what, part) => {
    await vaultOn(machine).write(identity);
    const parts = fs.readFileSync(file, 'latin1').split('.');
    const bytes = Buffer.from(parts[part] ?? '', 'base64url');
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 3) ^ 1, bytes.length - 3);
    parts[part] = bytes.toString('base64url');
    fs.writeFileSync(file, parts.join('.'));
    await failsWith(vaultOn(machine).read(), 'vault-damaged');
  });

  it.each(['', 'nonsense', '{}', 'a.b.c.d.e'])('that is "%s" is damaged', async (text) => {
    await vaultOn(machine).write(identity);
    fs.writeFileSync(file, text);
    await failsWith(vaultOn(machine).read(), 'vault-damaged');
  });
});

describe('what the machine does not tell now, but told then', () => {
  const both: MachineSecrets = new Map([...machine, ['credential', Buffer.from('of the TPM')]]);

  it('makes the vault unavailable, and leaves the file', async () => {
    await vaultOn(both).write(identity);
    await failsWith(vaultOn(machine).read(), 'vault-unavailable', /credential/);
    expect(await vaultOn(both).read()).toEqual(identity);
  });

  it('is not needed when it came later', async () => {
    await vaultOn(machine).write(identity);
    expect(await vaultOn(both).read()).toEqual(identity);
  });

  it('is everything: then there is no vault', async () => {
    await failsWith(vaultOn(new Map()).read(), 'vault-unavailable');
    await failsWith(vaultOn(new Map()).write(identity), 'vault-unavailable');
  });
});

describe('is unavailable, and touches nothing,', () => {
  beforeEach(() => vaultOn(machine).write(identity));
  const refused = async (complaint: RegExp, user = self) => {
    await failsWith(vaultOn(machine, user).read(), 'vault-unavailable', complaint);
    expect(fs.readdirSync(dirname(file))).toEqual(['identity.jwe']);
  };

  it('when the file is a link', async () => {
    fs.renameSync(file, path('elsewhere'));
    fs.symlinkSync(path('elsewhere'), file);
    await refused(/ELOOP/);
  });
  it('when the folder is a link', async () => {
    fs.renameSync(dirname(file), path('elsewhere'));
    fs.symlinkSync(path('elsewhere'), dirname(file));
    await refused(/is not a folder/);
  });
  it('when others can read the file', async () => {
    fs.chmodSync(file, 0o640);
    await refused(/mode must be 0600/);
  });
  it('when others can look into the folder', async () => {
    fs.chmodSync(dirname(file), 0o710);
    await refused(/mode must be 0700/);
  });
  it('when it belongs to another user', () =>
    refused(/another user/, { uid: uid + 1, groups: [] }));
  it('when it is no file', async () => {
    fs.rmSync(file);
    fs.mkdirSync(file);
    await refused(/not a regular file/);
  });
});

it('writes, syncs, renames and syncs the folder, in this order', async () => {
  const steps: string[] = [];
  const recording = new Proxy(fs, {
    get(target, name) {
      const step: unknown = Reflect.get(target, name);
      if (typeof step !== 'function') return step;
      return (...args: unknown[]) => {
        steps.push(String(name));
        return Reflect.apply(step, target, args);
      };
    },
  });
  await vaultOn(machine, self, recording).write(identity);
  expect(steps).toEqual([
    'mkdirSync',
    'rmSync',
    'openSync',
    'writeSync',
    'fsyncSync',
    'closeSync',
    'renameSync',
    'openSync',
    'fsyncSync',
    'closeSync',
  ]);
});
