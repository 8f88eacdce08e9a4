import { expect, it } from 'vitest';
import { allowedNavigations, isNavigationAllowed } from '../../../../main/security/navigation.ts';

it('lets the start page be loaded again, for a reason', () => {
  expect(isNavigationAllowed('porthole://app/')).toBe(true);
  for (const { reason } of allowedNavigations) expect(reason).not.toBe('');
});

it.each([
  'porthole://app/assets/app.js',
  'porthole://app/pictures/1',
  'porthole://app',
  'porthole://other/',
  'porthole://app.evil/',
  'https://broker.example/',
  'http://127.0.0.1:7600/',
  'file:///etc/passwd',
  'data:text/html,x',
  'blob:porthole://app/1',
  'javascript:alert(1)',
  'about:blank',
  'chrome://gpu',
  'devtools://devtools',
  'mailto:a@b.c',
  '',
])('refuses %s', (address) => expect(isNavigationAllowed(address)).toBe(false));
