import { describe, expect, it } from 'vitest';
import { imageNameSchema } from '../../../../src/contract/desktop.ts';
import { userCodeSchema } from '../../../../src/contract/identity.ts';
import { isRetryableClose, problemOfClose, streamClose } from '../../../../src/contract/stream.ts';
import { brokerAddressSchema } from '../../../../src/contract/terminal.ts';

describe('the address of a broker', () => {
  it.each([
    ['https://broker.example', 'https://broker.example'],
    [' https://broker.example:8443/enroll?x=1 ', 'https://broker.example:8443'],
    ['https://[::1]:7600/', 'https://[::1]:7600'],
  ])('%s → %s', (text, origin) => {
    expect(brokerAddressSchema.parse(text)).toBe(origin);
  });

  it.each([
    'broker.example',
    'http://broker.example',
    'http://127.0.0.1:7600',
    'http://127.0.0.1.broker.example',
    'http://localhost.broker.example',
    'https://ada:secret@broker.example',
    'file:///etc/passwd',
    'javascript:alert(1)',
    '',
  ])('refuses %j', (text) => {
    expect(brokerAddressSchema.safeParse(text).success).toBe(false);
  });
});

it.each(['bcdf-ghjk', 'BCDF GHJK', ' BC-DF-GH-JK '])('reads the code %j', (typed) => {
  expect(userCodeSchema.parse(typed)).toBe('BCDFGHJK');
});

it.each(['', 'bcd', 'ABCDEFGH', 'BCDF-GHJ1', 'ä'.repeat(8), 'x'.repeat(33)])(
  'refuses the code %j',
  (typed) => {
    expect(userCodeSchema.safeParse(typed).success).toBe(false);
  },
);

it.each(['../x', 'a/b', '.hidden', 'Upper', '', 'x'.repeat(64), 'a\u0000'])(
  'refuses the image name %j',
  (name) => {
    expect(imageNameSchema.safeParse(name).success).toBe(false);
  },
);

describe('close codes', () => {
  it.each(Object.values(streamClose))('%i has a sentence of its own', (code) => {
    expect(problemOfClose(code)).toMatch(/^[a-z-]+$/);
  });

  it('takes every other code for a lost link, which is tried again', () => {
    for (const code of [1000, 1001, 1006, 1011, 4999]) {
      expect(problemOfClose(code)).toBe('stream-lost');
      expect(isRetryableClose(code)).toBe(true);
    }
  });
});
