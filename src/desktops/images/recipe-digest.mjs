import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/**
 * Plain JavaScript: the set-up asks for the digest before anything can read TypeScript.
 *
 * @typedef {{ path: string, executable: boolean, content: Buffer }} RecipeFile `path` is relative to the recipe
 */

/**
 * All files of a recipe.
 * @param {string} directory
 * @returns {Promise<RecipeFile[]>}
 */
export async function recipeFiles(directory) {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory());
  return await Promise.all(
    files.map(async (entry) => {
      const file = join(entry.parentPath, entry.name);
      if (!entry.isFile()) throw new Error(`${file}: a recipe has only plain files and folders`);
      const path = relative(directory, file).split(sep).join('/');
      const { mode } = await stat(file);
      return { path, executable: (mode & 0o100) !== 0, content: await readFile(file) };
    }),
  );
}

/**
 * SHA-256, hex. Of the mode only the executable bit counts: it is all that a checkout keeps.
 * @param {readonly RecipeFile[]} files
 */
export function digestOf(files) {
  const hash = createHash('sha256');
  for (const { path, executable, content } of files.toSorted(byPath)) {
    hash.update(`${path}\0${executable ? 'x' : '-'}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/**
 * By code unit: the same order under every locale.
 * @param {RecipeFile} a
 * @param {RecipeFile} b
 */
function byPath(a, b) {
  return a.path < b.path ? -1 : 1;
}
