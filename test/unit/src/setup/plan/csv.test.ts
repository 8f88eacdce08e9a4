import { describe, expect, it } from 'vitest';
import { parseCsv } from '../../../../../src/setup/plan/csv.ts';

const texts = (file: string) => parseCsv(file).map((row) => row.map(({ text }) => text));

describe('a comma-separated file', () => {
  it('is read with quotes, either end of line, and none at its end', () => {
    expect(texts('\uFEFFa,b\r\n"x, ""y""", z \n\n1,')).toEqual([
      ['a', 'b'],
      ['x, "y"', 'z'],
      ['1', ''],
    ]);
  });

  it('knows where each cell is, across lines inside quotes', () => {
    expect(parseCsv('"a\nb",c\nd,e')[1]).toEqual([
      { text: 'd', line: 3, column: 1 },
      { text: 'e', line: 3, column: 2 },
    ]);
  });

  it('is empty when it holds nothing but empty lines', () => {
    expect(parseCsv('\n\n,\n')).toEqual([]);
  });

  it.each([
    ['a,"b\nc', 'line 1, column 2'],
    ['a\n1,2"3,4', 'line 2, column 2'],
    ['"a"b,c', 'line 1, column 1'],
  ])('names the place of a stray quote in %j', (file, place) => {
    expect(() => parseCsv(file)).toThrow(place);
  });
});
