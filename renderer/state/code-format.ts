/** The longest code that a broker takes, without its dashes. */
const longestCode = 16;

/**
 * Writes an enrollment code in groups of four, whatever way it was typed or pasted, and says where
 * the caret belongs then.
 */
export function formatCode(text: string, caret: number): { text: string; caret: number } {
  const formatted = group(lettersOf(text).slice(0, longestCode));
  const before = group(lettersOf(text.slice(0, caret)));
  return { text: formatted, caret: Math.min(before.length, formatted.length) };
}

function lettersOf(text: string): string {
  return text.toUpperCase().replaceAll(/[^0-9A-Z]/g, '');
}

function group(letters: string): string {
  return letters.match(/.{1,4}/g)?.join('-') ?? '';
}
