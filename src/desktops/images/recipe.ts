import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { imageNameSchema } from '../../contract/desktop.ts';
import { digestOf, recipeFiles } from './recipe-digest.mjs';

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
