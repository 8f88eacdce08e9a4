import { expect, it } from 'vitest';
import { systemLanguage } from '../../../main/system-language.ts';

it.each([
  [['ar-EG', 'en'], 'ar-EG'],
  [['c', 'de-AT'], 'de-AT'],
  [['C'], 'en'],
  [['', 'not a tag'], 'en'],
  [[], 'en'],
])('of %j is %s', (preferred, language) => {
  expect(systemLanguage(preferred)).toBe(language);
});
