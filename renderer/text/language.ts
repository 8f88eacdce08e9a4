import type { Preferences } from '../../src/contract/ipc.ts';

export type Language = NonNullable<Preferences['language']>;

/** The languages there are catalogues for, each called by its own name. */
export const languageNames: Record<Language, string> = { en: 'English', ar: 'العربية' };

/** Type guard over the keys of the names. */
export function isLanguage(tag: string): tag is Language {
  return Object.hasOwn(languageNames, tag);
}

/** The person's choice, else the system's language if there is a catalogue for it, else English. */
export function chooseLanguage(preferred: Language | null, systemTag: string): Language {
  if (preferred !== null) return preferred;
  const primary = systemTag.split('-')[0]?.toLowerCase() ?? '';
  return isLanguage(primary) ? primary : 'en';
}

/** For numbers and times: the system's region where it speaks the language that was chosen. */
export function localeOf(language: Language, systemTag: string): string {
  return systemTag.split('-')[0]?.toLowerCase() === language ? systemTag : language;
}

export function directionOf(language: Language): 'ltr' | 'rtl' {
  return language === 'ar' ? 'rtl' : 'ltr';
}
