import type { Clipboard } from 'electron';

/** One clipboard of the system; earlier versions of Electron answer at once. */
export type SystemClipboard = { readText(): Promise<string> | string; clear(): void };

/** How earlier versions of Electron are asked for what was selected last. */
type EarlierClipboard = { readText(type: 'selection'): string; clear(type: 'selection'): void };

/** What was copied; and on Linux, apart from that, what was selected last. */
export function clipboardsOf(
  clipboard: SystemClipboard & Partial<Pick<Clipboard, 'selection'>>,
  platform: NodeJS.Platform,
): SystemClipboard[] {
  if (platform !== 'linux') return [clipboard];
  return [clipboard, clipboard.selection ?? earlierSelection(clipboard)];
}

function earlierSelection(clipboard: SystemClipboard): SystemClipboard {
  // Where there is no selection of its own, the methods take one by name.
  const earlier = clipboard as EarlierClipboard;
  return {
    readText: () => earlier.readText('selection'),
    clear: () => earlier.clear('selection'),
  };
}
