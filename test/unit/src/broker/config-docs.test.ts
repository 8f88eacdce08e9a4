import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { configSchema, limitsSchema } from '../../../../src/broker/config.ts';
import { streamClose } from '../../../../src/contract/stream.ts';

const page = readFileSync(new URL('../../../../docs/broker.md', import.meta.url), 'utf8');
const firstCells = page
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.split('|')[1]?.trim().replaceAll('`', '') ?? '');

it('docs/broker.md has every field of the configuration and no other', () => {
  const fields = Object.keys(configSchema.shape).filter((name) => name !== 'limits');
  const limits = Object.keys(limitsSchema.shape).map((name) => `limits.${name}`);
  const documented = firstCells.filter((cell) => /^[a-z][A-Za-z.]+$/.test(cell));
  expect(documented.filter((cell) => cell !== 'field' && cell !== 'code').sort()).toEqual(
    [...fields, ...limits].sort(),
  );
});

it('docs/broker.md gives the limits as they are', () => {
  for (const [name, value] of Object.entries(limitsSchema.parse({}))) {
    expect(page).toContain(`| \`limits.${name}\` | \`${value}\` |`);
  }
});

it('docs/broker.md has every close code of the gateway', () => {
  const documented = firstCells.filter((cell) => /^\d{4}$/.test(cell)).map(Number);
  expect(documented).toEqual(Object.values(streamClose).sort());
});
