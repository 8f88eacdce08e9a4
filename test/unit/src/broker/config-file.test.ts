import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../../../src/broker/config-file.ts';

const folders = { dataDir: '/data', runtimeDir: '/run/p', cacheDir: '/cache' };
const uid = process.getuid?.() ?? 0;

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'config-'));
  file = join(folder, 'broker.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

const unreadable = (detail: string) => ({
  code: 'config-unreadable',
  detail: expect.stringContaining(detail),
});

describe('the configuration file', () => {
  it('is read', async () => {
    writeFileSync(file, '{"port": 7777}', { mode: 0o644 });
    expect(await readConfig(file, folders, uid)).toMatchObject({ port: 7777 });
  });

  it('has to be there', async () => {
    await expect(readConfig(file, folders, uid)).rejects.toMatchObject(unreadable('ENOENT'));
  });

  it('has to be JSON, and to make sense', async () => {
    writeFileSync(file, '{port: 1}', { mode: 0o600 });
    await expect(readConfig(file, folders, uid)).rejects.toMatchObject(unreadable('JSON'));
    writeFileSync(file, '{"port": "x"}');
    await expect(readConfig(file, folders, uid)).rejects.toMatchObject({
      code: 'config-invalid',
      detail: expect.stringContaining('port'),
    });
  });

  it('must not be writable by others', async () => {
    writeFileSync(file, '{}');
    chmodSync(file, 0o622);
    await expect(readConfig(file, folders, uid)).rejects.toMatchObject(unreadable('chmod'));
  });

  it('must belong to root or to the one who reads it', async () => {
    writeFileSync(file, '{}', { mode: 0o600 });
    const reading = readConfig(file, folders, uid + 1);
    // As root every file is root's own, which is as good.
    if (uid === 0) await reading;
    else await expect(reading).rejects.toMatchObject(unreadable('another user'));
  });

  it('must be a file, and not a link to one', async () => {
    await expect(readConfig(folder, folders, uid)).rejects.toMatchObject(unreadable('regular'));
    const link = join(folder, 'link.json');
    writeFileSync(file, '{}');
    symlinkSync(file, link);
    await expect(readConfig(link, folders, uid)).rejects.toMatchObject(unreadable('ELOOP'));
  });
});
