import { describe, expect, it } from 'vitest';
import { formatCode } from '../../../../renderer/state/code-format.ts';

describe('an enrollment code while it is typed', () => {
  it.each([
    ['', ''],
    ['k7q', 'K7Q'],
    ['k7qm', 'K7QM'],
    ['k7qm3', 'K7QM-3'],
    [' k7qm 3xrt\n', 'K7QM-3XRT'],
    ['K7QM–3XRT', 'K7QM-3XRT'],
    ['0123456789abcdefXYZ', '0123-4567-89AB-CDEF'],
  ])('"%s" reads "%s"', (typed, text) => {
    expect(formatCode(typed, typed.length)).toEqual({ text, caret: text.length });
  });

  it.each([
    ['K7QMX-3XRT', 5, 'K7QM-X3XR-T', 6],
    ['AK7QM-3XRT', 1, 'AK7Q-M3XR-T', 1],
    ['K7-3XRT', 2, 'K73X-RT', 2],
  ])('"%s" with the caret at %i reads "%s" with it at %i', (typed, caret, text, after) => {
    expect(formatCode(typed, caret)).toEqual({ text, caret: after });
  });
});
