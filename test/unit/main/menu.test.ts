import type { Menu } from 'electron';
import { expect, it } from 'vitest';
import { applicationMenu } from '../../../main/menu.ts';

// Stands for a menu; nothing looks into it.
const menus = { buildFromTemplate: () => 'a menu' as unknown as Menu };

it('exists on macOS, which needs one', () => {
  expect(applicationMenu('darwin', menus)).toBe('a menu');
});

it.each(['linux', 'win32'] as const)('does not take keys from the desktop on %s', (platform) => {
  expect(applicationMenu(platform, menus)).toBeNull();
});
