import { readFile } from 'node:fs/promises';

/** In the order in which they hold. */
const sheets = [
  // What colours and measures there are is the same on the terminal's own screens.
  '../../../assets/theme/tokens.css',
  './style/base.css',
  './style/frame.css',
  './style/controls.css',
  './style/content.css',
  './style/table.css',
  '../../../assets/theme/forced-colours.css',
];

/** The one style sheet of all pages. */
export async function readStyle(): Promise<string> {
  const texts = await Promise.all(
    sheets.map((sheet) => readFile(new URL(sheet, import.meta.url), 'utf8')),
  );
  return texts.join('\n');
}
