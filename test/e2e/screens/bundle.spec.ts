import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';

const assets = join(import.meta.dirname, '../../../out/renderer/assets');

async function scripts(): Promise<string[]> {
  return (await readdir(assets)).filter((name) => name.endsWith('.js'));
}

test('the scripts stay below 900 kB', async () => {
  const sizes = await Promise.all(
    (await scripts()).map(async (name) => (await stat(join(assets, name))).size),
  );
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(900_000);
});

test('there is no validation library, no source map, and nothing of a development build', async () => {
  expect((await readdir(assets)).filter((name) => name.endsWith('.map'))).toEqual([]);
  for (const name of await scripts()) {
    const source = await readFile(join(assets, name), 'utf8');
    expect(source).not.toMatch(/ZodError|sourceMappingURL|react\.development/);
  }
});
