import { describe, expect, it } from 'vitest';
import { imageBuildPackages } from '../../../../src/desktops/images/tools.ts';
import { missingOf, packagesFor, systemPackages } from '../../../../src/setup/system-packages.mjs';

const nothing = { isInstalled: () => false, hasCommand: () => false };

describe('missingOf', () => {
  const rows = packagesFor(new Set(['headless', 'terminal'] as const));

  it('is everything on a bare system', () => {
    expect(missingOf(rows, nothing)).toEqual(rows);
  });

  it('is nothing where the programs came in another way and the libraries by name', () => {
    const libraries = new Set(rows.flatMap(({ debian }) => debian.slice(-1)));
    const found = { isInstalled: (name: string) => libraries.has(name), hasCommand: () => true };
    expect(missingOf(rows, found)).toEqual([]);
  });

  it('takes any of the names that a package has had', () => {
    const isInstalled = (name: string) => name === 'libasound2t64';
    const missing = missingOf(rows, { ...nothing, isInstalled });
    expect(missing).toHaveLength(rows.length - 1);
    expect(missing.flatMap(({ debian }) => debian)).not.toContain('libasound2');
  });
});

describe('the table', () => {
  it('has what building an image takes', () => {
    const rows = packagesFor(new Set(['image', 'desktop'] as const));
    const names = rows.flatMap(({ debian }) => debian);
    expect(names).toEqual(expect.arrayContaining([...imageBuildPackages]));
  });

  it('names each package once', () => {
    const names = systemPackages.flatMap(({ debian }) => debian);
    expect(new Set(names).size).toBe(names.length);
  });
});
