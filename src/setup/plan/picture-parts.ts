/** Pieces of SVG as text. Lengths in its own units, a pixel where it is shown as it is. */

export const colours = {
  paper: '#ffffff',
  card: '#f3f7f9',
  line: '#cfdce3',
  ink: '#10222e',
  quiet: '#526672',
  full: '#0b7285',
  empty: '#dde8ed',
  chip: '#e0f1f3',
  chipInk: '#0a4a56',
} as const;

/** How wide a letter is taken to be, in sizes of the font: a little too wide for most. */
const letterWidth = 0.6;

export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

export function widthOf(text: string, size: number): number {
  return [...text].length * size * letterWidth;
}

/** Cut with an ellipsis where it would be wider. */
export function fitted(text: string, size: number, width: number): string {
  const letters = [...text];
  const most = Math.max(1, Math.floor(width / (size * letterWidth)));
  return letters.length <= most ? text : `${letters.slice(0, most - 1).join('')}…`;
}

type TextStyle = {
  size: number;
  colour?: string;
  bold?: boolean;
  anchor?: 'start' | 'middle' | 'end';
};

export function label(x: number, y: number, text: string, style: TextStyle): string {
  const { size, colour = colours.ink, bold = false, anchor = 'start' } = style;
  const weight = bold ? ' font-weight="700"' : '';
  return `<text x="${r(x)}" y="${r(y)}" font-size="${size}" fill="${colour}" text-anchor="${anchor}"${weight}>${escaped(text)}</text>`;
}

type BoxStyle = { fill: string; stroke?: string; radius?: number; dashed?: boolean };

export function box(x: number, y: number, width: number, height: number, style: BoxStyle): string {
  const { fill, stroke, radius = 10, dashed = false } = style;
  const edge = stroke === undefined ? '' : ` stroke="${stroke}" stroke-width="1.5"`;
  const dash = dashed ? ' stroke-dasharray="6 5"' : '';
  return `<rect x="${r(x)}" y="${r(y)}" width="${r(width)}" height="${r(height)}" rx="${radius}" fill="${fill}"${edge}${dash}/>`;
}

/** A bar that is filled up to a share; how far is always written beside it as well. */
export function gauge(x: number, y: number, width: number, height: number, share: number): string {
  const radius = height / 2;
  const filled = Math.max(height, width * Math.min(1, share));
  return (
    box(x, y, width, height, { fill: colours.empty, radius }) +
    box(x, y, filled, height, { fill: colours.full, radius })
  );
}

/** An arrowhead whose tip is at the point given. */
export function arrowhead(x: number, y: number, size: number): string {
  return `<path d="M${r(x - size)} ${r(y - size)}L${r(x)} ${r(y)}L${r(x - size)} ${r(y + size)}" fill="none" stroke="${colours.full}" stroke-width="${size > 10 ? 5 : 3}" stroke-linecap="round" stroke-linejoin="round"/>`;
}

/** Rounded to what can be seen. */
function r(length: number): number {
  return Math.round(length * 10) / 10;
}
