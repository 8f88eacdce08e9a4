import { describe, expect, it } from 'vitest';
import { expectedPaths, recordMatches } from '../../../../src/setup/npm-packages.mjs';

const zod = { version: '4.0.0', integrity: 'sha512-a' };
const yes = () => true;

describe('recordMatches', () => {
  it('is true for the very packages of the lock file', () => {
    expect(recordMatches({ zod }, { zod }, yes)).toBe(true);
  });

  it.each([
    ['a package is missing', {}],
    ['a package is of another version', { zod: { ...zod, version: '4.0.1' } }],
    ['a package has other contents', { zod: { ...zod, integrity: 'sha512-b' } }],
  ])('is false when %s', (_when, installed) => {
    expect(recordMatches({ zod }, installed, yes)).toBe(false);
  });

  it('is false when the record names a package whose folder is gone', () => {
    expect(recordMatches({ zod }, { zod }, () => false)).toBe(false);
  });

  it('lets optional packages of other systems be missing, but not be of another version', () => {
    const wanted = { fsevents: { version: '2.0.0', optional: true } };
    expect(recordMatches(wanted, {}, yes)).toBe(true);
    expect(recordMatches(wanted, { fsevents: { version: '1.0.0' } }, yes)).toBe(false);
  });
});

describe('expectedPaths', () => {
  const machine = { platform: 'linux', arch: 'x64' };

  it.each([
    ['for all', {}, true],
    ['for this system', { os: ['linux'], cpu: ['x64'], libc: ['glibc'] }, true],
    ['for another system', { os: ['darwin'] }, false],
    ['for another processor', { cpu: ['arm64'] }, false],
    ['for another C library', { os: ['linux'], libc: ['musl'] }, false],
    ['for all but another system', { os: ['!win32'] }, true],
    ['for all but this system', { os: ['!linux'] }, false],
  ])('a package %s', (_which, entry, expected) => {
    expect(expectedPaths({ 'node_modules/one': entry }, machine)).toHaveLength(expected ? 1 : 0);
  });
});
