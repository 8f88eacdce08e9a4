import { createIntl } from 'react-intl';
import { describe, expect, it } from 'vitest';
import { ar } from '../../../../renderer/text/ar.ts';
import { en } from '../../../../renderer/text/en.ts';
import type { Messages } from '../../../../renderer/text/messages.ts';

const catalogues: [locale: string, messages: Messages][] = [
  ['en', en],
  ['ar', ar],
];
const keys = Object.keys(en).sort();

/** The names in braces, but not the words of a plural's cases. */
function placeholders(message: string): string[] {
  return [
    ...new Set([...message.matchAll(/\{([a-z]+)[},]/gi)].map(([, name]) => name ?? '')),
  ].sort();
}

describe.each(catalogues)('the catalogue of %s', (locale, messages) => {
  it('has every key and no other', () => {
    expect(Object.keys(messages).sort()).toEqual(keys);
  });

  it.each(keys)('formats %s with the placeholders of English', (key) => {
    const name = key as keyof Messages; // from Object.keys of the same object
    expect(placeholders(messages[name])).toEqual(placeholders(en[name]));
    const intl = createIntl({
      locale,
      messages,
      onError: (error) => {
        throw error;
      },
    });
    const values = {
      count: 3,
      name: 'N',
      detail: 'D',
      id: 'I',
      duration: 'T',
      hours: 'H',
      minutes: 'M',
      broker: 'B',
      time: 'C',
      seconds: 'S',
      quality: 'Q',
      letters: 'L',
    };
    const formatted = intl.formatMessage({ id: name }, values);
    expect(formatted).not.toBe('');
    expect(formatted).not.toMatch(/[{}]/);
  });

  it('says every number that its grammar tells apart', () => {
    const categories = new Intl.PluralRules(locale).resolvedOptions().pluralCategories;
    for (const message of Object.values(messages)) {
      if (!message.includes(', plural,')) continue;
      for (const category of categories) expect(message).toContain(`${category} {`);
    }
  });
});
