import { describe, expect, it } from 'vitest';
import {
  chooseLocale,
  formatAge,
  formatDuration,
  locales,
} from '../../../../../src/broker/pages/locale.ts';

describe('the language of a page', () => {
  it.each([
    ['ar', 'ar'],
    ['ar-EG,en;q=0.8', 'ar'],
    ['en;q=0.5, ar;q=0.9', 'ar'],
    ['fr-CA fr ar', 'ar'],
    ['de,fr;q=0.5', 'en'],
    ['ar;q=0', 'en'],
    ['constructor', 'en'],
    ['', 'en'],
    [';;q=,,', 'en'],
  ])('is, for %j, %s', (asked, language) => {
    expect(chooseLocale(asked).language).toBe(language);
  });

  it('is what the terminal asks for rather than what the browser does', () => {
    expect(chooseLocale('ar', 'en').language).toBe('ar');
    expect(chooseLocale(undefined, 'ar').language).toBe('ar');
  });

  it('has words for times', () => {
    expect(formatDuration(locales.en, 40)).toBe('40 seconds');
    expect(formatDuration(locales.en, 91)).toBe('2 minutes');
    expect(formatDuration(locales.ar, 1)).toContain('ثانية');
    expect(formatAge(locales.en, 0, 5 * 60_000)).toBe('5 minutes ago');
    expect(formatAge(locales.en, 1_000, 0)).toBe('now');
  });
});

describe('the catalogues', () => {
  type Node = { [key: string]: unknown };
  const leaves = (node: Node, path = ''): [string, unknown][] =>
    Object.entries(node).flatMap(([key, value]) =>
      typeof value === 'object' && value !== null
        ? leaves({ ...value }, `${path}${key}.`)
        : [[`${path}${key}`, value] as [string, unknown]],
    );

  it('have the same entries, with the same number of gaps to fill', () => {
    const shape = (node: Node) =>
      leaves(node).map(([path, value]) => [path, typeof value === 'function' ? value.length : '']);
    expect(shape(locales.ar.text)).toEqual(shape(locales.en.text));
  });

  it('are translated, all of them', () => {
    const same = new Map(leaves(locales.en.text));
    const untranslated = leaves(locales.ar.text)
      .filter(([path, value]) => typeof value === 'string' && value === same.get(path))
      .map(([path]) => path);
    expect(untranslated).toEqual(['app.name']);
  });
});
