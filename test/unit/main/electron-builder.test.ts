import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FuseV1Options } from '@electron/fuses';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const text = readFileSync(join(root, 'electron-builder.yml'), 'utf8');

/** The scalars of one block of the file. A parser for YAML would be a dependency for this alone. */
function block(name: string): Record<string, string> {
  const lines = text.split('\n');
  const start = lines.indexOf(`${name}:`) + 1;
  if (start === 0) throw new Error(`there is no block ${name}`);
  const end = lines.findIndex((line, index) => index >= start && /^\S/.test(line));
  return Object.fromEntries(
    lines
      .slice(start, end)
      .map((line) => /^ {2}(\w+): (.+)$/.exec(line))
      .flatMap((match) => (match?.[1] && match[2] ? [[match[1], match[2]]] : [])),
  );
}

describe('the fuses', () => {
  /** electron-builder writes them with a small letter first. */
  const known = Object.values(FuseV1Options)
    .filter((value) => typeof value === 'string')
    .map((name) => name.charAt(0).toLowerCase() + name.slice(1));

  it('are all set, each of them', () => {
    expect(Object.keys(block('electronFuses')).sort()).toEqual(known.sort());
  });

  it('are as safe as they can be', () => {
    expect(block('electronFuses')).toEqual({
      runAsNode: 'false',
      enableCookieEncryption: 'true',
      enableNodeOptionsEnvironmentVariable: 'false',
      enableNodeCliInspectArguments: 'false',
      enableEmbeddedAsarIntegrityValidation: 'true',
      onlyLoadAppFromAsar: 'true',
      loadBrowserProcessSpecificV8Snapshot: 'false',
      grantFileProtocolExtraPrivileges: 'false',
    });
  });

  it('each say why', () => {
    const lines = text.split('\n');
    for (const name of known) {
      const line = lines.findIndex((candidate) => candidate.startsWith(`  ${name}:`));
      expect(lines[line - 1]).toMatch(/^ {2}# /);
    }
  });
});

describe('the package', () => {
  it('holds what was built and the native keytar, and no other package', () => {
    const files = text.slice(text.indexOf('\nfiles:'), text.indexOf('\nasar:'));
    expect(files.match(/ {2}- .+/g)).toEqual([
      '  - out/**',
      '  - package.json',
      '  - "!node_modules/**"',
      '  - node_modules/keytar/package.json',
      '  - node_modules/keytar/lib/keytar.js',
      '  - node_modules/keytar/build/Release/keytar.node',
    ]);
  });

  it.each([
    ['icon.ico', [0, 0, 1, 0]],
    ['icon.icns', [...Buffer.from('icns')]],
    ['512x512.png', [0x89, 0x50, 0x4e, 0x47]],
  ])('has its %s', (name, magic) => {
    const file = join(root, 'assets/icons', name);
    expect(existsSync(file)).toBe(true);
    expect([...readFileSync(file).subarray(0, 4)]).toEqual(magic);
  });
});
