import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { configSchema } from '../../../../src/broker/config.ts';
import { streamClose } from '../../../../src/contract/stream.ts';

const page = readFileSync(new URL('../../../../docs/broker.md', import.meta.url), 'utf8');
const firstCellsOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split('|')[1]?.trim().replaceAll('`', '') ?? '');
const [, configuration = ''] = page.split(/^## /m);

/** What has a row for each of its fields, with what they are unless they are said. */
const parts = (({ limits, overcommit }) => ({ limits, overcommit }))(configSchema.parse({}));
const standards = Object.entries(parts).flatMap(([part, values]) =>
  Object.entries(values).map(([name, value]) => [`${part}.${name}`, value] as const),
);

it('docs/broker.md has every field of the configuration and no other', () => {
  const fields = Object.keys(configSchema.shape).filter((name) => !(name in parts));
  const documented = firstCellsOf(configuration).filter((cell) => cell !== 'field');
  expect(documented.sort()).toEqual([...fields, ...standards.map(([name]) => name)].sort());
});

it('docs/broker.md gives the limits as they are', () => {
  for (const [name, value] of standards) expect(page).toContain(`| \`${name}\` | \`${value}\` |`);
});

it('docs/broker.md has every close code of the gateway', () => {
  const documented = firstCellsOf(page)
    .filter((cell) => /^\d{4}$/.test(cell))
    .map(Number);
  expect(documented).toEqual(Object.values(streamClose).sort());
});
