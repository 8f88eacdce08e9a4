import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { configSchema, limitsSchema } from '../../../../src/broker/config.ts';
import { streamClose } from '../../../../src/contract/stream.ts';

const page = readFileSync(new URL('../../../../docs/broker.md', import.meta.url), 'utf8');
const firstCellsOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split('|')[1]?.trim().replaceAll('`', '') ?? '');
const [, configuration = ''] = page.split(/^## /m);

it('docs/broker.md has every field of the configuration and no other', () => {
  const fields = Object.keys(configSchema.shape).filter((name) => name !== 'limits');
  const limits = Object.keys(limitsSchema.shape).map((name) => `limits.${name}`);
  const documented = firstCellsOf(configuration).filter((cell) => cell !== 'field');
  expect(documented.sort()).toEqual([...fields, ...limits].sort());
});

it('docs/broker.md gives the limits as they are', () => {
  for (const [name, value] of Object.entries(limitsSchema.parse({}))) {
    expect(page).toContain(`| \`limits.${name}\` | \`${value}\` |`);
  }
});

it('docs/broker.md has every close code of the gateway', () => {
  const documented = firstCellsOf(page)
    .filter((cell) => /^\d{4}$/.test(cell))
    .map(Number);
  expect(documented).toEqual(Object.values(streamClose).sort());
});
