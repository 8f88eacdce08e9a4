import { InvalidArgumentError } from 'commander';
import type { NetworkPolicy } from '../../../contract/pool.ts';

/** For an option that takes a number from 1 on. */
export function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('This takes a whole number.');
}

const secondsIn = { m: 60, h: 60 * 60, d: 24 * 60 * 60 };

/** For an option that takes a time such as 30m, 12h or 7d. Seconds. */
export function duration(text: string): number {
  const [, number, unit] = /^([1-9]\d{0,5})([mhd])$/.exec(text) ?? [];
  if (unit === 'm' || unit === 'h' || unit === 'd') return Number(number) * secondsIn[unit];
  throw new InvalidArgumentError('This takes minutes, hours or days, such as 30m, 12h or 7d.');
}

/** For an option that takes a day, or a moment, in UTC. Milliseconds since the epoch. */
export function moment(text: string): number {
  const at = /^\d{4}-\d\d-\d\d(T.*Z)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new InvalidArgumentError('This takes a day such as 2025-12-31.');
}

/** For an option that may be repeated. */
export function collect(one: string, others: readonly string[] = []): string[] {
  return [...others, one];
}

/** What `--allow` and `--no-allow` say; undefined where neither was given. */
export function networkOf(allow: string[] | false | undefined): NetworkPolicy | undefined {
  if (allow === undefined) return undefined;
  return allow === false ? { kind: 'none' } : { kind: 'allowed', destinations: allow };
}
