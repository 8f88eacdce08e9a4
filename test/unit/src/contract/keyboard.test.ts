import { expect, it } from 'vitest';
import { keyboardLayoutSchema } from '../../../../src/contract/keyboard.ts';

it.each(['us', 'de', 'de(nodeadkeys)', 'latam', 'us,ru', 'us(altgr-intl),ru(phonetic_winkeys)'])(
  'takes %s',
  (layout) => {
    expect(keyboardLayoutSchema.parse(layout)).toBe(layout);
  },
);

it.each([
  '',
  'DE',
  'de ',
  'de fr',
  'de,',
  'de()',
  'de(a b)',
  'a,b,c,d,e',
  'us init=/bin/sh',
  'us"\n',
])(
  'refuses %j, which would reach the command line of a kernel and a file in the guest',
  (layout) => {
    expect(keyboardLayoutSchema.safeParse(layout).success).toBe(false);
  },
);
