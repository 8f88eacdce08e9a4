import type { Problem } from '../../src/contract/errors.ts';
import { arProblems } from './ar-problems.ts';
import type { Language } from './language.ts';
import type { ProblemTexts } from './messages.ts';

/** English needs none: a problem carries its English sentences with it. */
const translations: Record<Language, ProblemTexts | null> = { en: null, ar: arProblems };

/** What happened and what to do about it. A code of a newer broker is told in its own words. */
export function problemText(
  problem: Problem,
  language: Language,
): { message: string; remedy: string } {
  return translations[language]?.[problem.code] ?? problem;
}
