import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { machineKey, readMachineSecrets } from '../../../../main/vault/machine-secrets.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const path = temporaryFolder();

function lay(name: string, content: string): void {
  mkdirSync(dirname(path(name)), { recursive: true });
  writeFileSync(path(name), content);
}
const read = () => readMachineSecrets({ root: path('.'), credentials: path('credentials') });

it('finds all that tells this machine from others', () => {
  lay('etc/machine-id', '0123456789abcdef0123456789abcdef\n');
  lay('sys/class/dmi/id/product_uuid', 'a-b-c\n');
  lay('sys/firmware/devicetree/base/serial-number', '1000\0');
  lay('credentials/porthole-vault-key', 'secret');
  expect([...read().keys()]).toEqual(['machine-id', 'product-uuid', 'board-serial', 'credential']);
});

it.each(['', 'uninitialized\n', '0123\n'])('takes a machine id of "%s" for none', (id) => {
  lay('etc/machine-id', id);
  expect(read().size).toBe(0);
});

it('never uses the machine id itself', () => {
  lay('etc/machine-id', '0123456789abcdef0123456789abcdef\n');
  expect(read().get('machine-id')?.toString('hex')).not.toContain('0123456789abcdef');
});

const tool = '/usr/bin/systemd-id128';
it.skipIf(!existsSync(tool) || !existsSync('/etc/machine-id'))(
  'derives the id of the application as systemd does (skipped where there is no systemd-id128)',
  () => {
    const application = '5f0d3c6e9b1a4e2f8d7c6b5a49382716';
    const args = ['machine-id', `--app-specific=${application}`];
    const expected = execFileSync(tool, args, { encoding: 'utf8' }).trim();
    const here = readMachineSecrets({ root: '/', credentials: null });
    expect(here.get('machine-id')?.toString('hex')).toBe(expected);
  },
);

describe('the key', () => {
  const salt = Buffer.alloc(32, 1);
  const hex = (secrets: string[], by = salt) =>
    Buffer.from(
      machineKey(
        secrets.map((secret) => Buffer.from(secret)),
        by,
      ),
    ).toString('hex');

  it('has 256 bits and is the same for the same', () => {
    expect(hex(['a', 'b'])).toMatch(/^[0-9a-f]{64}$/);
    expect(hex(['a', 'b'])).toBe(hex(['a', 'b']));
  });
  it('is another for another salt, order, or division', () => {
    const keys = [hex(['ab']), hex(['a', 'b']), hex(['b', 'a']), hex(['ab'], Buffer.alloc(32, 2))];
    expect(new Set(keys).size).toBe(4);
  });
});
