import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const manifest = JSON.parse(read('package.json'));

/** Of the development dependencies, those that end up in what users install. */
const bundled = [
  '@fontsource-variable/inter',
  '@novnc/novnc',
  'electron',
  'react',
  'react-aria-components',
  'react-dom',
  'react-intl',
];
const { dependencies, optionalDependencies } = manifest;
const shipped = [...Object.keys({ ...dependencies, ...optionalDependencies }), ...bundled].sort();

const listed = read('docs/third-party-notices.md')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')));

it('lists what is shipped and nothing else', () => {
  expect(listed.map(([, name]) => name)).toEqual(shipped);
});

it.each(listed.map(([, name = '', license]) => [name, license]))(
  '%s is under %s',
  (name, license) => {
    expect(JSON.parse(read(`node_modules/${name}/package.json`)).license).toBe(license);
  },
);
