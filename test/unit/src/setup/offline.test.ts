import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CodedError } from '../../../../src/contract/errors.ts';
import { readRecipe } from '../../../../src/desktops/images/recipe.ts';
import { missingRuntimeFiles } from '../../../../src/setup/offline.mjs';
import { registryRuntime } from '../../../../src/setup/registry-runtime.mjs';
import { requireFetched } from '../../../../src/setup/setup.ts';

const electron = 'the Electron runtime';
const image = 'the guest image';
const other = '0'.repeat(64);

let folder: string;
let digest: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'offline-'));
  const pinned = { packages: { 'node_modules/electron': { version: '45.4.1' } } };
  write('root/package-lock.json', JSON.stringify(pinned));
  const rootfs = { suite: 'bookworm', packages: ['dash'], exclude: [] };
  const recipe = { name: 'tiny', title: 'Tiny', diskSize: '8M', cmdline: 'quiet', rootfs };
  write('root/assets/guest/recipe.json', JSON.stringify(recipe));
  ({ digest } = await readRecipe(join(folder, 'root/assets/guest')));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, text = ''): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function missing(env: Record<string, string> = {}): Promise<string[]> {
  return missingRuntimeFiles(join(folder, 'root'), { XDG_CACHE_HOME: join(folder, 'c'), ...env });
}

const cache = 'c/porthole';
const dist = 'root/node_modules/electron/dist';

describe.runIf(process.platform === 'linux')(
  'what is missing before the packages are there',
  () => {
    it('is both on a bare machine', async () => {
      expect(await missing()).toEqual([electron, image]);
    });

    it.each<[string, string[]]>([
      ['the pinned version', [`${dist}/electron`, `${dist}/version=v45.4.1\n`]],
      ['the one of the registry', [`${cache}/electron/${registryRuntime.electron}/electron`]],
    ])('is no Electron where there is %s', async (_, files) => {
      for (const [path = '', text] of files.map((file) => file.split('='))) write(path, text);
      expect(await missing()).toEqual([image]);
    });

    it.each<[string, string[]]>([
      ['a folder alone', [`${dist}/LICENSE`]],
      ['the version before the pinned one', [`${dist}/electron`, `${dist}/version=44.0.0`]],
      ['a download that was interrupted', [`${dist}/version=45.4.1`]],
      ['one that was being unpacked', [`${cache}/electron/.making-7/electron`]],
      ['one of the registry of another time', [`${cache}/electron/32.0.0/electron`]],
    ])('is Electron where there is %s', async (_, files) => {
      for (const [path = '', text] of files.map((file) => file.split('='))) write(path, text);
      expect(await missing()).toContain(electron);
    });

    it('goes by the folder that the environment names, and by no other', async () => {
      write(`${cache}/electron/${registryRuntime.electron}/electron`);
      const pointing = (path: string) => missing({ ELECTRON_OVERRIDE_DIST_PATH: path });
      expect(await pointing(join(folder, 'own'))).toContain(electron);
      write('own/electron');
      expect(await pointing(join(folder, 'own'))).not.toContain(electron);
      expect(await pointing('')).not.toContain(electron);
    });

    it('is no image where that of this recipe is', async () => {
      write(`${cache}/images/${digest}/manifest.json`);
      expect(await missing()).toEqual([electron]);
    });

    it.each([
      ['one that a user brought', '4f0c2b8e-6c1f-4d0e-9d3f-0b8c4f2a7d11/manifest.json'],
      ['one of another recipe', `${other}/manifest.json`],
      ['one that was set aside', '.damaged-1/manifest.json'],
      ['one that was being built', '.building-7-abc/manifest.json'],
    ])('is the image where there is only %s', async (_, path) => {
      write(`${cache}/images/${path}`);
      expect(await missing()).toContain(image);
    });
  },
);

describe('what is missing on a machine with all packages', () => {
  const fault = (code: 'offline-missing' | 'image-damaged', detail: string) => () =>
    Promise.reject(new CodedError(code, { detail }));
  const runtime = { dir: '/', executable: '/e', version: '1', source: 'pinned', line: '' } as const;
  const lacking = fault('offline-missing', 'Electron: none');
  const damaged = fault('image-damaged', 'disk.qcow2 has changed');

  it('is told together, what is damaged too', async () => {
    await expect(requireFetched({ electron: lacking, image: damaged })).rejects.toMatchObject({
      code: 'offline-missing',
      detail: 'Electron: none; The image of this desktop is damaged. (disk.qcow2 has changed)',
    });
  });

  it('keeps its own code where it is alone', async () => {
    const electron = async () => runtime;
    await expect(requireFetched({ electron, image: damaged })).rejects.toMatchObject({
      code: 'image-damaged',
    });
    await expect(requireFetched({ electron, image: lacking })).rejects.toMatchObject({
      code: 'offline-missing',
    });
  });

  it('is not made of a fault of ours', async () => {
    const image = () => Promise.reject(new TypeError('bug'));
    await expect(requireFetched({ electron: lacking, image })).rejects.toThrow('bug');
  });
});
