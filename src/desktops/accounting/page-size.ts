/** getauxval(3) */
const AT_PAGESZ = 6n;

/**
 * Bytes of a page of memory: 4096 on most machines, and up to 65536 on arm64. From /proc/self/auxv
 * (proc(5)), pairs of a type and a value, of 64 bits each where Node runs; null where it is not there.
 */
export function parsePageSize(auxv: Buffer): number | null {
  for (let at = 0; at + 16 <= auxv.length; at += 16) {
    if (auxv.readBigUInt64LE(at) === AT_PAGESZ) return Number(auxv.readBigUInt64LE(at + 8));
  }
  return null;
}
