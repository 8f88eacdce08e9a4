import { CodedError } from '../../contract/errors.ts';

/** A cell, with where it begins in the file: both count from 1, the column in cells. */
export type Cell = { text: string; line: number; column: number };

/** Two double quotes are one inside quotes; then comma, end of line, or end of file. */
const quoted = /"((?:[^"]|"")*)"(,|\r?\n|$)/y;
const plain = /([^",\r\n]*)(,|\r?\n|$)/y;

/**
 * Rows of a comma-separated file (RFC 4180), without empty lines. A byte order mark in front is
 * left out: spreadsheets write one.
 * @throws command-invalid, with line and column
 */
export function parseCsv(file: string): Cell[][] {
  const text = file.replace(/^\uFEFF/, '');
  const rows: Cell[][] = [];
  let row: Cell[] = [];
  let line = 1;
  let at = 0;
  while (at < text.length || row.length > 0) {
    const rule = text[at] === '"' ? quoted : plain;
    rule.lastIndex = at;
    const [whole, content = '', end = ''] = rule.exec(text) ?? [];
    const place = { line, column: row.length + 1 };
    if (whole === undefined) throw faultAt(place, 'a quote is open, or in the midst of a cell');
    row.push({ text: content.replaceAll('""', '"').trim(), ...place });
    line += whole.split('\n').length - 1;
    at += whole.length;
    if (end === ',') continue;
    if (row.some((cell) => cell.text !== '')) rows.push(row);
    row = [];
  }
  return rows;
}

/** A fault of the file that somebody can find. */
export function faultAt({ line, column }: Omit<Cell, 'text'>, what: string): CodedError {
  return new CodedError('command-invalid', { detail: `line ${line}, column ${column}: ${what}` });
}
