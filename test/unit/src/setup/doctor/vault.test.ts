import { expect, it } from 'vitest';
import type { MachineSecrets } from '../../../../../main/vault/machine-secrets.ts';
import { judgeFile } from '../../../../../src/setup/doctor/vault.ts';

type Name = MachineSecrets extends ReadonlyMap<infer Key, Buffer> ? Key : never;
const secrets = (...names: Name[]): MachineSecrets =>
  new Map(names.map((name) => [name, Buffer.from(name)]));

it('warns of a key that is made from what is on the same disk, and says what to do', () => {
  const finding = judgeFile('a file', secrets('machine-id'));
  expect(finding).toMatchObject({ ok: false, found: expect.stringMatching(/machine-id alone/) });
  expect(finding.remedy).toContain('systemd-creds encrypt --with-key=tpm2');
  expect(finding.remedy).toContain('product_uuid');
});

it.each(['product-uuid', 'board-serial', 'credential'] as const)(
  'is content with a key that %s is a part of',
  (name) => {
    const finding = judgeFile('a file', secrets('machine-id', name));
    expect(finding).toEqual({
      ok: true,
      found: `a file; its key is made from machine-id, ${name}`,
    });
  },
);

it('is not content with a machine that has nothing', () => {
  expect(judgeFile('a file', secrets()).ok).toBe(false);
});
