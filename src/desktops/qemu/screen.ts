/** Whether a picture (binary PPM, as QMP `screendump` writes it) is of one colour all over. */
export function isBlank(ppm: Buffer): boolean {
  const header = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(ppm.subarray(0, 64).toString('latin1'));
  if (header === null) return true;
  const pixels = ppm.subarray(header[0].length);
  for (let at = 3; at + 2 < pixels.length; at += 3) {
    if (pixels[at] !== pixels[0] || pixels[at + 1] !== pixels[1] || pixels[at + 2] !== pixels[2]) {
      return false;
    }
  }
  return true;
}
