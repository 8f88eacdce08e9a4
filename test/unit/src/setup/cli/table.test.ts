import { expect, it } from 'vitest';
import { tableText } from '../../../../../src/setup/cli/table.ts';

it('makes columns as wide as they need to be, without spaces at the ends of lines', () => {
  expect(
    tableText(
      ['NAME', 'STATE'],
      [
        ['a', 'running'],
        ['longer name', ''],
      ],
    ),
  ).toBe('NAME         STATE\na            running\nlonger name  –\n');
});
