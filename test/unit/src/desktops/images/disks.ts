type Qcow2Fields = {
  version: number;
  backingOffset: bigint;
  encryption: number;
  incompatible: bigint;
};

/** A qcow2 header (QEMU's docs/interop/qcow2.txt), sound unless told otherwise. */
export function qcow2Header(fields: Partial<Qcow2Fields> = {}): Buffer {
  const header = Buffer.alloc(1024);
  header.write('QFI\xfb', 0, 'latin1');
  header.writeUInt32BE(fields.version ?? 3, 4);
  header.writeBigUInt64BE(fields.backingOffset ?? 0n, 8);
  header.writeUInt32BE(16, 20);
  header.writeBigUInt64BE(1n << 20n, 24);
  header.writeUInt32BE(fields.encryption ?? 0, 32);
  header.writeBigUInt64BE(fields.incompatible ?? 0n, 72);
  header.writeUInt32BE(104, 100);
  return header;
}

/** A raw disk with the signature of a boot sector, and something at its very end. */
export function bootableRaw(length: number): Buffer {
  const disk = Buffer.alloc(length);
  disk.writeUInt16LE(0xaa55, 510);
  disk.writeUInt8(1, length - 1);
  return disk;
}
