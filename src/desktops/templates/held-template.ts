import { join } from 'node:path';
import type { AsyncDisposable } from '../../contract/disposable.ts';
import { type Checksum, checksumOf } from '../images/checksum.ts';
import type { StoredImage } from '../images/stored-image.ts';
import { filesOfImage } from './read-files.ts';
import type { Sealer } from './sealed-memory.ts';
import type { ReadyTemplate } from './template.ts';
import { missingFile, type StoredTemplate, templateFile } from './template-folder.ts';
import type { TemplateFileName } from './template-record.ts';

/** A template in use: its files are what they were, and its memory is held. */
export type HeldTemplate = AsyncDisposable & {
  readonly stored: StoredTemplate;
  readonly ready: ReadyTemplate;
};

/**
 * Compares all files of a template with its record and holds its memory, in about a second.
 * `reason` is what is wrong with it. @throws the signal's reason
 */
export async function holdTemplate(
  stored: StoredTemplate,
  image: StoredImage,
  { sealer, signal }: { sealer: Sealer; signal: AbortSignal },
): Promise<{ held: HeldTemplate } | { reason: string }> {
  const missing = await missingFile(stored);
  if (missing !== null) return { reason: missing };
  const { folder, record } = stored;
  const isAsRecorded = (name: TemplateFileName, { sha256, size }: Checksum) =>
    sha256 === record.files[name].sha256 && size === record.files[name].size;
  for (const name of ['state', 'disk.qcow2', 'blank.qcow2'] as const) {
    const found = await checksumOf(templateFile(folder, name), { signal });
    if (!isAsRecorded(name, found)) return { reason: `${name} has changed` };
  }
  const memory = await sealer.seal(templateFile(folder, 'memory'), signal);
  if (!isAsRecorded('memory', memory.checksum)) {
    await memory.dispose();
    return { reason: 'memory has changed' };
  }
  const ready: ReadyTemplate = {
    id: record.id,
    memory: memory.descriptor,
    stateFile: join(folder, 'state'),
    blankOverlay: join(folder, 'blank.qcow2'),
    readFiles: [join(folder, 'disk.qcow2'), ...filesOfImage(image)],
  };
  return { held: { stored, ready, dispose: () => memory.dispose() } };
}
