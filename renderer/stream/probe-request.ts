/**
 * FramebufferUpdateRequest (RFC 6143 section 7.5.3) of the first pixel, not incremental: an answer
 * must come whether or not the screen has changed. QEMU tells the size of the desktop at once, to
 * whoever knows ExtendedDesktopSize, as noVNC does.
 */
export function probeRequest(): Uint8Array<ArrayBuffer> {
  const type = 3;
  const incremental = 0;
  return Uint8Array.of(type, incremental, 0, 0, 0, 0, 0, 1, 0, 1);
}
