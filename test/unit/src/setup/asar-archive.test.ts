import { describe, expect, it } from 'vitest';
import { packAsar } from '../../../../src/setup/asar-archive.ts';

describe('packAsar', () => {
  it.each(['a', 'ab', 'abc', 'abcd'])('can be read back by the format, file name "%s"', (name) => {
    const archive = packAsar({ [name]: Buffer.from('first'), second: Buffer.from('2') });
    // Pickle of the size of the header, then the header: a pickle of a string.
    expect(archive.readUInt32LE(0)).toBe(4);
    const headerSize = archive.readUInt32LE(4);
    expect(archive.readUInt32LE(8)).toBe(headerSize - 4);
    expect(headerSize % 4).toBe(0);
    const jsonLength = archive.readUInt32LE(12);
    const { files } = JSON.parse(archive.toString('utf8', 16, 16 + jsonLength));
    expect(files).toEqual({
      [name]: { size: 5, offset: '0' },
      second: { size: 1, offset: '5' },
    });
    expect(archive.toString('utf8', 8 + headerSize)).toBe('first2');
  });
});
