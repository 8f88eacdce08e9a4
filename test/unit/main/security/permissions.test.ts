import { describe, expect, it } from 'vitest';
import { isPermitted, permissions } from '../../../../main/security/permissions.ts';

const rows = Object.entries(permissions).map(([name, rule]) => ({ name, ...rule }));
const ours = 'porthole://app';

it('permits what a desktop needs and nothing else', () => {
  const permitted = rows.filter(({ name }) => isPermitted(name, ours)).map(({ name }) => name);
  expect(permitted).toEqual([
    'fullscreen',
    'keyboardLock',
    'local-network',
    'local-network-access',
    'loopback-network',
    'pointerLock',
  ]);
});

describe.each(rows)('$name', ({ name, allow, reason }) => {
  it(allow ? 'is for our own page' : 'is for nobody', () => {
    expect(isPermitted(name, ours)).toBe(allow);
    expect(isPermitted(name, `${ours}/`)).toBe(allow);
    expect(reason).not.toBe('');
  });

  it.each([
    '',
    'null',
    'https://evil.example',
    'porthole://app.evil',
    'porthole://other',
    'porthole://app/page',
    'file://',
    'PORTHOLE://APP',
  ])('is not for "%s"', (origin) => {
    expect(isPermitted(name, origin)).toBe(false);
  });
});

it.each(['a-new-one', '', 'constructor', '__proto__', 'toString', 'Fullscreen'])(
  'denies "%s", which it does not know',
  (name) => expect(isPermitted(name, ours)).toBe(false),
);
