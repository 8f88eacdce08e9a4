import { describe, expect, it } from 'vitest';
import { LineSplitter } from '../../../../../src/desktops/qemu/line-splitter.ts';

describe('lines cut out of a stream', () => {
  const text = 'first\r\nsécond – 漢\n\nlast\nrest';

  it.each([1, 2, 3, 5, 1000])('are the same whether it comes by %i bytes', (size) => {
    const splitter = new LineSplitter(100);
    const bytes = Buffer.from(text);
    const lines: string[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      lines.push(...splitter.push(bytes.subarray(at, at + size)));
    }
    expect(lines).toEqual(['first', 'sécond – 漢', '', 'last']);
  });

  it('may not grow without end', () => {
    const splitter = new LineSplitter(10);
    expect(splitter.push(Buffer.from('0123456789\n'))).toEqual(['0123456789']);
    splitter.push(Buffer.from('01234'));
    expect(() => splitter.push(Buffer.from('567890'))).toThrow(RangeError);
  });

  it('can be begun anew in the middle of a line', () => {
    const splitter = new LineSplitter(10);
    splitter.push(Buffer.from('half'));
    splitter.reset();
    expect(splitter.push(Buffer.from('whole\n'))).toEqual(['whole']);
  });
});
