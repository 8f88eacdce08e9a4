import { describe, expect, it } from 'vitest';
import {
  chooseLanguage,
  directionOf,
  isLanguage,
  localeOf,
} from '../../../../renderer/text/language.ts';

describe('the language of the screens', () => {
  it.each([
    [null, 'ar-EG', 'ar'],
    [null, 'AR', 'ar'],
    [null, 'en-GB', 'en'],
    [null, 'de-DE', 'en'],
    [null, '', 'en'],
    ['en', 'ar-EG', 'en'],
    ['ar', 'en-GB', 'ar'],
  ] as const)('chosen %s on a system in "%s" is %s', (preferred, system, language) => {
    expect(chooseLanguage(preferred, system)).toBe(language);
  });

  it('takes the region of the system only where the system speaks the language', () => {
    expect(localeOf('en', 'en-GB')).toBe('en-GB');
    expect(localeOf('ar', 'en-GB')).toBe('ar');
  });

  it('knows which way each language is written', () => {
    expect([directionOf('en'), directionOf('ar')]).toEqual(['ltr', 'rtl']);
    expect(isLanguage('toString')).toBe(false);
  });
});
