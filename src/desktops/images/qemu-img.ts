import { z } from 'zod';
import { CodedError } from '../../contract/errors.ts';
import { invalid } from './disk-header.ts';
import type { RunTool } from './tools.ts';

/** The part of QAPI's `ImageInfo` (`qemu-img info --output=json`) that decides about an image. */
const imageInfoSchema = z.object({
  format: z.string(),
  /** Bytes that the guest sees. */
  'virtual-size': z.number().int().positive(),
  'backing-filename': z.string().optional(),
  encrypted: z.boolean().optional(),
  'format-specific': z
    .object({
      data: z.object({ corrupt: z.boolean().optional(), 'data-file': z.string().optional() }),
    })
    .optional(),
});

/** Exit code of `qemu-img check` for space that is lost and nothing else: common, and harmless. */
const leaksOnly = 3;

/**
 * Has QEMU itself open the disk, as the format given and no other, and look through its tables:
 * a file that was cut off opens well and has lost its data.
 * @throws image-invalid, tool-missing
 */
export async function inspectDisk(
  run: RunTool,
  file: string,
  format: 'qcow2' | 'raw',
  signal?: AbortSignal,
): Promise<void> {
  refuseUnfit(await ask(run, ['info', '--output=json', '-f', format, file], signal));
  if (format === 'qcow2') await ask(run, ['check', '-q', '-f', format, file], signal);
}

function refuseUnfit(answer: string): void {
  const info = imageInfoSchema.parse(JSON.parse(answer));
  const specific = info['format-specific']?.data;
  if (info['backing-filename'] !== undefined) throw invalid('it depends on a backing file');
  if (specific?.['data-file'] !== undefined) throw invalid('it keeps its data in another file');
  if (info.encrypted === true) throw invalid('it is encrypted');
  if (specific?.corrupt === true) throw invalid('it is marked as corrupt');
}

async function ask(run: RunTool, args: readonly string[], signal?: AbortSignal): Promise<string> {
  return await run('qemu-img', args, { accept: [leaksOnly], signal }).catch((error: unknown) => {
    throw isRefusal(error) ? invalid(error.detail ?? 'qemu-img refuses it', error) : error;
  });
}

/**
 * Makes a qcow2 overlay: it takes what a guest writes, `backing` stays as it is. Both paths are
 * absolute.
 * @throws disk-full, tool-missing, command-failed
 */
export async function createOverlay(
  run: RunTool,
  backing: Disk,
  overlay: string,
  signal?: AbortSignal,
): Promise<void> {
  const base = ['-b', backing.file, '-F', backing.format];
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', ...base, overlay], { signal });
}

/**
 * Joins an overlay and its backing file into a qcow2 disk of its own. The header of the overlay was
 * a guest's to write: what it names as its backing file is not opened, `backing` is. Paths are absolute.
 * @param onFraction from 0 to 1
 * @throws disk-full, tool-missing, command-failed; the signal's reason
 */
export async function flattenOverlay(
  run: RunTool,
  { overlay, backing }: { overlay: string; backing: Disk },
  target: string,
  { signal, onFraction }: FlattenOptions = {},
): Promise<void> {
  const file = (filename: string) => ({ driver: 'file', filename });
  const base = { driver: backing.format, file: file(backing.file) };
  const source = { driver: 'qcow2', file: file(overlay), backing: base };
  await run(
    'qemu-img',
    ['convert', '-p', '-O', 'qcow2', `json:${JSON.stringify(source)}`, target],
    {
      signal,
      onLine: (line) => {
        const percent = /\(([\d.]+)\/100%\)/.exec(line)?.[1];
        if (percent !== undefined) onFraction?.(Number(percent) / 100);
      },
    },
  );
}

type Disk = { file: string; format: 'qcow2' | 'raw' };
type FlattenOptions = {
  signal?: AbortSignal | undefined;
  onFraction?: ((fraction: number) => void) | undefined;
};

function isRefusal(error: unknown): error is CodedError {
  return error instanceof CodedError && error.code === 'command-failed';
}
