import { parseArgs } from 'node:util';

/** Whole numbers above 0, each with its default: `--sessions 30`. @throws for anything else */
export function countsOf<Name extends string>(
  args: readonly string[],
  defaults: Readonly<Record<Name, number>>,
): Record<Name, number> {
  const names = Object.keys(defaults) as Name[]; // Object.keys widens to string[]
  const { values } = parseArgs({
    args: [...args],
    options: Object.fromEntries(names.map((name) => [name, { type: 'string' } as const])),
  });
  const counts = names.map((name) => [name, Number(values[name] ?? defaults[name])] as const);
  const isCount = (value: number) => Number.isInteger(value) && value > 0;
  if (!counts.every(([, value]) => isCount(value))) {
    throw new Error('options are whole numbers above 0');
  }
  return Object.fromEntries(counts) as Record<Name, number>; // one of each name
}
