import { CodedError } from '../../contract/errors.ts';

/** Bytes from the start of a disk that tell what it is. */
export const headerLength = 1024;

const incompatibleExternalData = 1n << 2n;

/**
 * Tells the format of a disk from its first bytes, and refuses one that would make QEMU open other
 * files of the host: qcow2 names its backing file and its data file itself (QEMU's
 * docs/interop/qcow2.txt). A raw disk has to look bootable, or any file at all would pass.
 * @throws image-invalid
 */
export function diskFormat(header: Buffer): 'qcow2' | 'raw' {
  if (isQcow2(header)) {
    refuseForeignParts(header);
    return 'qcow2';
  }
  if (header.length >= 512 && header.readUInt16LE(510) === 0xaa55) return 'raw';
  throw invalid('it is neither a qcow2 file nor a bootable raw disk');
}

/**
 * The same for a disk that a guest wrote to, on top of a backing file that the caller names: what its
 * header says of a backing file is not to be believed.
 * @throws image-invalid
 */
export function assertOverlay(header: Buffer): void {
  if (!isQcow2(header)) throw invalid('it is no qcow2 file');
  refuseForeignData(header);
}

function isQcow2(header: Buffer): boolean {
  return header.subarray(0, 4).equals(Buffer.from('QFI\xfb', 'latin1'));
}

function refuseForeignParts(header: Buffer): void {
  refuseForeignData(header);
  if (header.readBigUInt64BE(8) !== 0n) throw invalid('it depends on a backing file');
}

function refuseForeignData(header: Buffer): void {
  if (header.length < 104) throw invalid('its header is cut off');
  const version = header.readUInt32BE(4);
  if (version !== 2 && version !== 3) throw invalid(`qcow2 version ${version} is not known`);
  if (header.readUInt32BE(32) !== 0) throw invalid('it is encrypted');
  if (version === 3 && (header.readBigUInt64BE(72) & incompatibleExternalData) !== 0n) {
    throw invalid('it keeps its data in another file');
  }
}

export function invalid(detail: string, cause?: unknown): CodedError {
  return new CodedError('image-invalid', { detail, cause });
}
