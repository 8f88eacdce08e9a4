import type { Menu, MenuItemConstructorOptions } from 'electron';

/**
 * Only macOS gets a menu: there, the app cannot be quit nor text be pasted into a field without
 * one. Elsewhere a menu would keep accelerators (Ctrl+W, Ctrl+R) that belong to the desktop shown.
 */
const macMenu: MenuItemConstructorOptions[] = [
  { role: 'appMenu' },
  { role: 'editMenu' },
  { role: 'windowMenu' },
];

export function applicationMenu(
  platform: NodeJS.Platform,
  menus: Pick<typeof Menu, 'buildFromTemplate'>,
): Menu | null {
  return platform === 'darwin' ? menus.buildFromTemplate(macMenu) : null;
}
