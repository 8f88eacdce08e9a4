import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** SHA-256 in hex, size in bytes. */
export type Checksum = { sha256: string; size: number };

export async function checksumOf(
  file: string,
  { signal, onBytes }: { signal?: AbortSignal | undefined; onBytes?: (count: number) => void } = {},
): Promise<Checksum> {
  const hash = createHash('sha256');
  let size = 0;
  const content = createReadStream(file, { highWaterMark: 1 << 20 });
  await pipeline(
    content,
    async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        hash.update(chunk);
        size += chunk.length;
        onBytes?.(chunk.length);
      }
    },
    signal === undefined ? {} : { signal },
  );
  return { sha256: hash.digest('hex'), size };
}
