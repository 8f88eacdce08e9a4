import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const promises = readFileSync(new URL('docs/security.md', root), 'utf8')
  .split('## Promises and proofs')[1]
  ?.split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| promise'))
  .map((line) => line.split('|').map((cell) => cell.trim()));

it('there are promises', () => {
  expect(promises?.length).toBeGreaterThan(10);
});

it.each(promises ?? [])('%s%s has a proof that is there', (_, _promise, proof = '') => {
  const files = [...proof.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file);
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) expect(existsSync(new URL(file, root)), file).toBe(true);
});
