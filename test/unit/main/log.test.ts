import { expect, it } from 'vitest';
import { createLog } from '../../../main/log.ts';

function write(entry: Parameters<ReturnType<typeof createLog>>[0]): unknown {
  const lines: string[] = [];
  createLog(
    (line) => lines.push(line),
    () => new Date(0),
  )(entry);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^[^\n]*\n$/);
  return JSON.parse(lines[0] ?? '');
}

it('writes one line of JSON', () => {
  expect(write({ level: 'warn', message: 'two\nlines', call: 'lock' })).toEqual({
    time: '1970-01-01T00:00:00.000Z',
    level: 'warn',
    message: 'two\nlines',
    call: 'lock',
  });
});

it('writes what an error says, and what caused it', () => {
  const error = new Error('outer', { cause: new TypeError('inner') });
  expect(write({ level: 'error', message: 'failed', error })).toMatchObject({
    error: { name: 'Error', message: 'outer', cause: { name: 'TypeError', message: 'inner' } },
  });
});
