import { describe, expect, it } from 'vitest';
import { arProblems } from '../../../../renderer/text/ar-problems.ts';
import { problemText } from '../../../../renderer/text/problem-text.ts';
import { errorCatalogue } from '../../../../src/contract/error-catalogue.ts';
import { errorCodes, problem } from '../../../../src/contract/errors.ts';

const arabic = /\p{Script=Arabic}/u;

describe('the text of a problem', () => {
  it.each(errorCodes)('%s is what the catalogue says in English', (code) => {
    const { message, remedy } = errorCatalogue[code];
    expect(problemText(problem(code), 'en')).toMatchObject({ message, remedy });
  });

  it.each(errorCodes)('%s has a message and a remedy in Arabic', (code) => {
    const { message, remedy } = problemText(problem(code), 'ar');
    expect(message).toMatch(arabic);
    expect(remedy).toMatch(arabic);
  });

  it('translates no code that is not in the catalogue', () => {
    expect(Object.keys(arProblems).sort()).toEqual([...errorCodes].sort());
  });

  it('names the same commands and options in Arabic', () => {
    const literal = /"porthole [a-z ]+"|--[a-z]+|https?:\/\/\S+\w/g;
    for (const code of errorCodes) {
      const wanted = errorCatalogue[code].remedy.match(literal) ?? [];
      for (const word of wanted) expect(arProblems[code].remedy, code).toContain(word);
    }
  });
});
