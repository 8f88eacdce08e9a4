import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import {
  collect,
  duration,
  moment,
  networkOf,
  wholeNumber,
} from '../../../../../../src/setup/cli/admin/options.ts';

describe('the options of the command line', () => {
  it('take times in minutes, hours and days', () => {
    expect(['30m', '12h', '7d'].map(duration)).toEqual([1_800, 43_200, 604_800]);
  });

  it('take a day as the moment at which it begins, or a moment', () => {
    expect(moment('2026-01-02')).toBe(Date.UTC(2026, 0, 2));
    expect(moment('2026-01-02T03:04:05Z')).toBe(Date.UTC(2026, 0, 2, 3, 4, 5));
  });

  it.each([
    ['a number', wholeNumber, ['0', '-1', '1.5', '1e3', '']],
    ['a time', duration, ['7', '0d', '7w', '-1h', '']],
    ['a day', moment, ['yesterday', '2026-13-01', '2026-01', '01/02/2026', '']],
  ])('refuse what is not %s', (_what, parse, texts) => {
    for (const text of texts) expect(() => parse(text)).toThrow(InvalidArgumentError);
  });

  it('may be repeated', () => {
    expect(collect('b', collect('a'))).toEqual(['a', 'b']);
  });

  it('give a network, take it away, or say nothing of it', () => {
    const destinations = ['mail.example:587'];
    expect(networkOf(destinations)).toEqual({ kind: 'allowed', destinations });
    expect(networkOf(false)).toEqual({ kind: 'none' });
    expect(networkOf(undefined)).toBeUndefined();
  });
});
