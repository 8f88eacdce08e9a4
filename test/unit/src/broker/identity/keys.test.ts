import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openIdentityKeys } from '../../../../../src/broker/identity/keys.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'identity-keys-'));
});
afterEach(() => rm(dataDir, { recursive: true }));

const file = () => join(dataDir, 'keys', 'oidc.json');

it('makes keys once, for nobody but the broker to read', async () => {
  const made = await openIdentityKeys(dataDir);
  expect(await openIdentityKeys(dataDir)).toEqual(made);
  expect((await stat(file())).mode & 0o777).toBe(0o600);
  const secrets = [made.cookies, made.data].map((key) => key.toString('hex'));
  expect(new Set(secrets).size).toBe(2);
});

it('does not go on with keys that are damaged, nor tells what is in them', async () => {
  await openIdentityKeys(dataDir);
  const text = await readFile(file(), 'utf8');
  await writeFile(file(), text.slice(0, -20));
  const failure = await openIdentityKeys(dataDir).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'store-damaged', detail: file() });
  expect(failure).not.toHaveProperty('cause.message');
});
