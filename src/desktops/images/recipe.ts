import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { z } from 'zod';
import { imageNameSchema } from './manifest.ts';

const recipeSchema = z.strictObject({
  name: imageNameSchema,
  title: z.string().min(1),
  /** As mke2fs takes it; the disk is sparse. */
  diskSize: z.string().regex(/^[1-9][0-9]*[MG]$/),
  /** The kernel's arguments, the same for every engine. */
  cmdline: z.string().regex(/^[\x20-\x7e]+$/),
  rootfs: z.strictObject({
    /** Release of Debian. */
    suite: z.string().regex(/^[a-z]+$/),
    packages: z.array(z.string().regex(/^[a-z0-9][a-z0-9+.-]+$/)).nonempty(),
    /** Paths that no package may install, as patterns of dpkg's path-exclude. */
    exclude: z.array(z.string().startsWith('/')),
  }),
});

/** What a built image is made from. */
export type Recipe = z.infer<typeof recipeSchema> & {
  directory: string;
  /** Of every file of the recipe: the address of the image that it makes. SHA-256, hex. */
  digest: string;
  /** Of what the root archive alone depends on: it is kept while the rest of the recipe changes. */
  rootfsDigest: string;
};

/** Reads `recipe.json` and the files beside it. A fault in the recipe is a bug and thrown as such. */
export async function readRecipe(directory: string): Promise<Recipe> {
  const definition = recipeSchema.parse(
    JSON.parse(await readFile(join(directory, 'recipe.json'), 'utf8')),
  );
  const files = await recipeFiles(directory);
  const rootfsFiles = files.filter(({ path }) => path.startsWith('rootfs/'));
  const rootfsDefinition = Buffer.from(JSON.stringify(definition.rootfs));
  return {
    ...definition,
    directory,
    digest: digestOf(files),
    rootfsDigest: digestOf([
      { path: 'recipe.json', executable: false, content: rootfsDefinition },
      ...rootfsFiles,
    ]),
  };
}

type RecipeFile = { path: string; executable: boolean; content: Buffer };

async function recipeFiles(directory: string): Promise<RecipeFile[]> {
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

/** Of the mode only the executable bit counts: it is all that a checkout keeps. */
function digestOf(files: readonly RecipeFile[]): string {
  const hash = createHash('sha256');
  for (const { path, executable, content } of files.toSorted(byPath)) {
    hash.update(`${path}\0${executable ? 'x' : '-'}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/** By code unit: the same order under every locale. */
function byPath(a: RecipeFile, b: RecipeFile): number {
  return a.path < b.path ? -1 : 1;
}
