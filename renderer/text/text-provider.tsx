import { createContext, type ReactNode, useContext, useLayoutEffect } from 'react';
import { I18nProvider } from 'react-aria-components';
import { IntlProvider } from 'react-intl';
import { ar } from './ar.ts';
import { en } from './en.ts';
import { directionOf, type Language, localeOf } from './language.ts';
import type { Messages } from './messages.ts';

const catalogues: Record<Language, Messages> = { en, ar };

/** What React Aria calls the languages whose own words the build keeps. */
const ariaLocales: Record<Language, string> = { en: 'en-US', ar: 'ar-AE' };

const LanguageContext = createContext<Language>('en');

export function useLanguage(): Language {
  return useContext(LanguageContext);
}

type Props = {
  language: Language;
  /** BCP 47 tag of the system, for what differs by region. */
  systemLanguage: string;
  children: ReactNode;
};

export function TextProvider({ language, systemLanguage, children }: Props) {
  useLayoutEffect(() => {
    document.documentElement.lang = language;
    document.documentElement.dir = directionOf(language);
  }, [language]);
  return (
    <LanguageContext value={language}>
      <IntlProvider locale={localeOf(language, systemLanguage)} messages={catalogues[language]}>
        <I18nProvider locale={ariaLocales[language]}>{children}</I18nProvider>
      </IntlProvider>
    </LanguageContext>
  );
}
