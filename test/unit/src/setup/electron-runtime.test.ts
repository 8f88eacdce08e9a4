import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RuntimeSearch } from '../../../../src/setup/electron-distribution.ts';
import { findElectron } from '../../../../src/setup/electron-runtime.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'electron-runtime-'));
  write('root/node_modules/electron/package.json', '{"version":"45.4.1"}');
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, text = ''): void {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const search = (more: Partial<RuntimeSearch> = {}): RuntimeSearch => ({
  env: {},
  root: join(folder, 'root'),
  cache: join(folder, 'cache'),
  network: 'forbidden',
  progress: {
    begin: () => {
      throw new Error('nothing long may happen here');
    },
    note: () => undefined,
  },
  now: () => 1_000_000_000,
  ...more,
});

function distribute(path: string, version: string): void {
  write(`${path}/electron`);
  write(`${path}/version`, `v${version}\n`);
}

describe.runIf(process.platform === 'linux')('findElectron', () => {
  it('prefers the folder that the environment points to', async () => {
    distribute('own', '44.0.0');
    distribute('root/node_modules/electron/dist', '45.4.1');
    const env = { ELECTRON_OVERRIDE_DIST_PATH: join(folder, 'own') };
    expect(await findElectron(search({ env }))).toEqual({
      dir: join(folder, 'own'),
      executable: join(folder, 'own/electron'),
      version: '44.0.0',
      source: 'override',
      line: 'Electron 44.0.0, which ELECTRON_OVERRIDE_DIST_PATH points to.',
    });
  });

  it.each(['/nowhere', 'relative'])('refuses to be pointed to %s', async (path) => {
    const env = { ELECTRON_OVERRIDE_DIST_PATH: path };
    await expect(findElectron(search({ env }))).rejects.toMatchObject({ code: 'electron-missing' });
  });

  it('takes the pinned version that is there, without any network', async () => {
    distribute('root/node_modules/electron/dist', '45.4.1');
    distribute('cache/electron/33.2.1', '33.2.1');
    const { source, line } = await findElectron(search({ network: 'allowed' }));
    expect(source).toBe('pinned');
    expect(line).toBe('Electron 45.4.1, the pinned version.');
  });

  it('does not take an earlier version for the pinned one', async () => {
    distribute('root/node_modules/electron/dist', '44.0.0');
    await expect(findElectron(search())).rejects.toMatchObject({ code: 'offline-missing' });
  });

  it('takes the one of the registry that is in the cache and says why', async () => {
    distribute('cache/electron/33.2.1', '33.2.1');
    const { source, version, line } = await findElectron(search());
    expect({ source, version }).toEqual({ source: 'registry', version: '33.2.1' });
    expect(line).toContain('the pinned version 45.4.1 is not on this machine');
  });

  it('does not try a download again that failed within the last day', async () => {
    distribute('cache/electron/33.2.1', '33.2.1');
    const day = 24 * 60 * 60 * 1000;
    const why = 'the host is not reachable';
    const triedAt = 1_000_000_000;
    write('cache/electron/unreachable-45.4.1.json', JSON.stringify({ triedAt, why }));
    const later = search({ network: 'allowed', now: () => triedAt + day });
    expect((await findElectron(later)).line).toContain(why);
  });

  it('says what is missing when nothing may be fetched', async () => {
    await expect(findElectron(search())).rejects.toMatchObject({
      code: 'offline-missing',
      detail: 'Electron: the pinned version 45.4.1 is not on this machine',
    });
  });
});
