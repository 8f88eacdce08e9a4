import { readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../images/file-error.ts';
import { openWorkspace } from '../images/workspace.ts';
import {
  readTemplateRecord,
  recordFileName,
  type TemplateFileName,
  type TemplateRecord,
  templateFileNames,
} from './template-record.ts';

/** A template as it lies on the disk. */
export type StoredTemplate = { folder: string; record: TemplateRecord };

export function templatesFolder(cacheDir: string): string {
  return join(cacheDir, 'templates');
}

export function templateFile(folder: string, name: TemplateFileName): string {
  return join(folder, name);
}

/** All templates, newest first, and the folders whose record cannot be read. */
export async function listTemplates(
  root: string,
): Promise<{ templates: StoredTemplate[]; damaged: string[] }> {
  const templates: StoredTemplate[] = [];
  const damaged: string[] = [];
  for (const folder of await folders(root)) {
    try {
      templates.push({ folder, record: await readTemplateRecord(folder) });
    } catch {
      damaged.push(folder); // why does not matter: it's never used, and made anew
    }
  }
  const age = ({ record }: StoredTemplate) => Date.parse(record.created);
  templates.sort((one, other) => age(other) - age(one));
  return { templates, damaged };
}

/** What of it is not there any more, or null. */
export async function missingFile({ folder, record }: StoredTemplate): Promise<string | null> {
  for (const name of templateFileNames) {
    const size = await stat(templateFile(folder, name)).then(
      (found) => found.size,
      () => null,
    );
    if (size === null) return `${name} is missing`;
    if (size !== record.files[name].size) return `${name} has ${size} bytes`;
  }
  return null;
}

/** Removes it in one step: what a kill leaves of it does not count. */
export async function removeTemplate(root: string, folder: string): Promise<void> {
  const workspace = await openWorkspace(root, 'removing');
  try {
    await rename(folder, join(workspace.path, recordFileName));
  } catch (error) {
    // Somebody was quicker.
    if (errnoOf(error) !== 'ENOENT') throw error;
  } finally {
    await workspace.dispose();
  }
}

/** What begins with a dot is a workspace. */
async function folders(root: string): Promise<string[]> {
  try {
    const entries = await readdir(root, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => join(root, entry.name));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}
