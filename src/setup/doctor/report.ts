import { styleText } from 'node:util';
import type { Result } from './check.ts';

/** Lines for a person: a mark, the name in a column, what was found, and below it the remedy. */
export function resultLines(result: Result, nameWidth: number, coloured: boolean): string {
  const { mark, colour } = markOf(result);
  const paint = (text: string) =>
    coloured ? styleText(colour, text, { validateStream: false }) : text;
  const line = `${paint(mark)} ${result.name.padEnd(nameWidth)}  ${result.found}`;
  return result.ok ? line : `${line}\n${indent(`→ ${result.remedy}`, nameWidth + 4)}`;
}

function markOf({ ok, needed }: Result): { mark: string; colour: 'green' | 'red' | 'yellow' } {
  if (ok) return { mark: '✓', colour: 'green' };
  return needed ? { mark: '✗', colour: 'red' } : { mark: '–', colour: 'yellow' };
}

function indent(text: string, columns: number): string {
  return text
    .split('\n')
    .map((line) => ' '.repeat(columns) + line)
    .join('\n');
}

/** The last line: how it stands as a whole. */
export function summaryLine(results: readonly Result[]): string {
  const missing = results.filter(({ ok, needed }) => needed && !ok).map(({ name }) => name);
  if (missing.length > 0) return `Missing: ${missing.join(', ')}.`;
  const optional = results.filter(({ ok }) => !ok).map(({ name }) => name);
  return optional.length === 0
    ? 'Everything that Porthole needs is here.'
    : `Everything that Porthole needs is here. It would do better with: ${optional.join(', ')}.`;
}

/** For programs: `{"ok": boolean, "checks": [{name, ok, needed, found, remedy}]}`. */
export function reportJson(results: readonly Result[]): string {
  const ok = results.every((result) => result.ok || !result.needed);
  return JSON.stringify({ ok, checks: results }, null, 2);
}
