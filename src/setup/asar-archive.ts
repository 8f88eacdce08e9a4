/** File name → contents. Flat: what is packed here needs no folders. */
type ArchiveFiles = Readonly<Record<string, Buffer>>;

/**
 * An archive in Electron's asar format (github.com/electron/asar, "Format"): a header of nested
 * Chromium pickles that hold its JSON index, then the files one after the other.
 *
 *     u32 4 | u32 size of the rest of the header | u32 payload | u32 length | JSON, padded | files
 */
export function packAsar(files: ArchiveFiles): Buffer {
  let offset = 0;
  const index: Record<string, { size: number; offset: string }> = {};
  for (const [name, contents] of Object.entries(files)) {
    index[name] = { size: contents.length, offset: String(offset) };
    offset += contents.length;
  }
  const json = Buffer.from(JSON.stringify({ files: index }));
  const padding = (4 - (json.length % 4)) % 4;
  const payload = 4 + json.length + padding;
  const header = Buffer.concat([
    ...[4, 4 + payload, payload, json.length].map(u32),
    json,
    Buffer.alloc(padding),
  ]);
  return Buffer.concat([header, ...Object.values(files)]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
