import { encode } from 'uqr';

export type QrPicture = {
  /** Modules on each side, with the quiet zone. */
  size: number;
  /** The dark modules, as the path of an SVG whose unit is one module. */
  path: string;
};

/** Four modules of light around the code, without which a camera does not find it (ISO/IEC 18004). */
const quietZone = 4;

/** Draws a text as a QR code that can be read from a screen with reflections on it. */
export function qrPicture(text: string): QrPicture {
  const { size, data } = encode(text, { ecc: 'M', boostEcc: true, border: quietZone });
  return { size, path: data.map(rowPath).join('') };
}

/** One rectangle for each run of dark modules: between single ones there would be hairlines. */
function rowPath(row: boolean[], y: number): string {
  const modules = row.map((dark) => (dark ? '1' : '0')).join('');
  return [...modules.matchAll(/1+/g)]
    .map(({ 0: run, index }) => `M${index} ${y}h${run.length}v1h-${run.length}z`)
    .join('');
}
