import { execFile } from 'node:child_process';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { acceleratorSchema } from '../../contract/desktop.ts';
import { CodedError } from '../../contract/errors.ts';

const cacheSchema = z.strictObject({
  key: z.string(),
  verdict: z.strictObject({
    accelerator: acceleratorSchema,
    proof: z.string(),
    probedAt: z.iso.datetime(),
  }),
});
type CachedVerdict = z.infer<typeof cacheSchema>['verdict'];

/** What a verdict depends on: QEMU, the kernel, and the boot. @throws qemu-missing */
export async function accelerationKey(qemu: string): Promise<string> {
  const [version, boot] = await Promise.all([qemuVersion(qemu), bootId()]);
  return [version, release(), boot].join(' | ');
}

/** Null when there is none for this key. */
export async function readVerdict(cacheDir: string, key: string): Promise<CachedVerdict | null> {
  try {
    const cache = cacheSchema.parse(JSON.parse(await readFile(fileIn(cacheDir), 'utf8')));
    return cache.key === key ? cache.verdict : null;
  } catch {
    return null; // missing or not readable: it is measured anew and written over
  }
}

export async function writeVerdict(
  cacheDir: string,
  key: string,
  verdict: CachedVerdict,
): Promise<void> {
  const file = fileIn(cacheDir);
  await mkdir(cacheDir, { recursive: true });
  await writeFile(`${file}.new`, `${JSON.stringify({ key, verdict }, null, 2)}\n`);
  await rename(`${file}.new`, file);
}

function fileIn(cacheDir: string): string {
  return join(cacheDir, 'accelerator.json');
}

async function qemuVersion(qemu: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(qemu, ['--version']);
    return stdout.split('\n')[0] ?? '';
  } catch (cause) {
    throw new CodedError('qemu-missing', { detail: qemu, cause });
  }
}

async function bootId(): Promise<string> {
  return readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (id) => id.trim(),
    () => 'no boot id', // Linux only; elsewhere the versions have to do
  );
}
