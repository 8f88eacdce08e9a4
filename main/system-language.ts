/**
 * The first of the languages of the system that is one: POSIX locales without a language arrive
 * as `C`, which is no BCP 47 tag.
 */
export function systemLanguage(preferred: readonly string[]): string {
  return preferred.find(isLanguageTag) ?? 'en';
}

function isLanguageTag(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    // Throws a RangeError for what is not a tag; there is no call that only asks.
    return false;
  }
}
