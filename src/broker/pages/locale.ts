import { ar } from './text/ar.ts';
import { en, type Text } from './text/en.ts';

/** How a page speaks to the person before it. */
export type Locale = { language: Language; direction: 'ltr' | 'rtl'; text: Text };

export type Language = 'en' | 'ar';

export const locales: Record<Language, Locale> = {
  en: { language: 'en', direction: 'ltr', text: en },
  ar: { language: 'ar', direction: 'rtl', text: ar },
};

/**
 * The first language asked for that there is, else English.
 * @param asked tags of BCP 47 with the most wanted first: `ui_locales` (OpenID Connect Core 1.0
 *   section 3.1.2.1) or the `Accept-Language` header (RFC 9110 section 12.5.4)
 */
export function chooseLocale(...asked: readonly (string | undefined)[]): Locale {
  for (const list of asked) {
    for (const tag of preferred(list ?? '')) {
      const [primary = ''] = tag.toLowerCase().split('-');
      if (isLanguage(primary)) return locales[primary];
    }
  }
  return locales.en;
}

function isLanguage(tag: string): tag is Language {
  return Object.hasOwn(locales, tag);
}

const mostTags = 20;

/** Tags by weight; `ui_locales` separates them with spaces and has none. */
function preferred(list: string): string[] {
  return list
    .split(/[\s,]+(?!q=)/)
    .slice(0, mostTags)
    .map((entry) => {
      const [tag = '', weight = '1'] = entry.split(/\s*;\s*q=/);
      return { tag, weight: Number(weight) };
    })
    .filter(({ weight }) => weight > 0)
    .toSorted((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag);
}

/** Such as "40 seconds" or "2 minutes": rounded up, so that nobody comes back too early. */
export function formatDuration({ language }: Locale, seconds: number): string {
  const [value, unit] = seconds < 90 ? [seconds, 'second'] : [Math.ceil(seconds / 60), 'minute'];
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(
    value,
  );
}

const steps = [
  { unit: 'day', ms: 86_400_000 },
  { unit: 'hour', ms: 3_600_000 },
  { unit: 'minute', ms: 60_000 },
  { unit: 'second', ms: 1_000 },
] as const;

/** Such as "5 minutes ago": the page knows nothing of the time zone that it is read in. */
export function formatAge({ language }: Locale, at: number, now: number): string {
  const age = Math.max(0, now - at);
  const { unit, ms } = steps.find((step) => age >= step.ms) ?? { unit: 'second', ms: 1_000 };
  return new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(
    -Math.floor(age / ms),
    unit,
  );
}

export function formatCount({ language }: Locale, count: number): string {
  return new Intl.NumberFormat(language).format(count);
}
