const requestType = 3;
const changedOrNot = 0;

/**
 * FramebufferUpdateRequest (RFC 6143 section 7.5.3) of the first pixel, not incremental: an answer
 * must come whether or not the screen has changed. QEMU tells the size of the desktop at once, to
 * whoever knows ExtendedDesktopSize, as noVNC does.
 */
export function probeRequest(): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(requestType, changedOrNot, 0, 0, 0, 0, 0, 1, 0, 1);
}

export function isProbeRequest(data: Uint8Array): boolean {
  if (data[0] !== requestType || data[1] !== changedOrNot) return false;
  const probe = probeRequest();
  return data.length === probe.length && probe.every((byte, index) => byte === data[index]);
}
