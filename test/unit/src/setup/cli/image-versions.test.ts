import { InvalidArgumentError } from 'commander';
import { expect, it } from 'vitest';
import { versionNumber, versionsText } from '../../../../../src/setup/cli/image-versions.ts';

it('versions are a table with the current one marked', () => {
  const built = { kind: 'built', created: '2026-01-01T10:00:00.000Z', bytes: 5_000_000 } as const;
  const text = versionsText([
    { version: 2, ...built, kind: 'published', notes: 'An editor', current: true },
    { version: 1, ...built, notes: '', current: false },
  ]);
  expect(text.split('\n').map((line) => line.replaceAll(/ +/g, ' '))).toEqual([
    'VERSION KIND SIZE CREATED NOTES',
    '2 * published 5 MiB 2026-01-01 An editor',
    '1 built 5 MiB 2026-01-01 –',
    '',
  ]);
});

it('the number of a version is a whole one from 1 on', () => {
  expect(versionNumber('12')).toBe(12);
  for (const typed of ['0', '-1', '1.5', 'two', '']) {
    expect(() => versionNumber(typed)).toThrow(InvalidArgumentError);
  }
});
