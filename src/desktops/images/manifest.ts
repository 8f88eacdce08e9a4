import { z } from 'zod';
import { imageNameSchema } from '../../contract/desktop.ts';

/** Name of the file, in the folder of each image, that says what the image is. */
export const manifestFileName = 'manifest.json';

/** A file right in the folder of the image: no path may lead out of it. */
const fileNameSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

const diskSchema = z.strictObject({ file: fileNameSchema, format: z.enum(['qcow2', 'raw']) });

const bootSchema = z.discriminatedUnion('kind', [
  /** QEMU loads the kernel itself: seconds faster than firmware and boot loader. */
  z.strictObject({
    kind: z.literal('kernel'),
    /** Uncompressed ELF with a PVH entry, for QEMU's `-kernel`. */
    vmlinux: fileNameSchema,
    initrd: fileNameSchema,
    cmdline: z.string(),
  }),
  /** The firmware (SeaBIOS) boots what the disk holds. */
  z.strictObject({ kind: z.literal('disk') }),
]);

/** Digest of the recipe for a built image, UUID for every other. */
const idSchema = z.string().regex(/^[0-9a-f-]{32,64}$/);

/** `manifest.json` of an image. File names are relative to its folder, sizes are in bytes. */
export const imageManifestSchema = z.strictObject({
  /** Of the form of this file. */
  version: z.literal(1),
  /** Names the folder. */
  id: idSchema,
  name: imageNameSchema,
  title: z.string().min(1),
  /**
   * Which of the images of this name it is: they are numbered from 1 on. The library gives those of
   * before there were numbers one by their age.
   */
  imageVersion: z.number().int().positive().default(1),
  /** `built` from a recipe, `registered` as a user's own disk, `published` from a master. */
  kind: z.enum(['built', 'registered', 'published']),
  /** Of a published one: the id of the image that was changed. */
  parent: idSchema.optional(),
  /** What was changed, in the words of who published it. */
  notes: z.string().max(200).optional(),
  boot: bootSchema,
  disk: diskSchema,
  /**
   * When the desktop counts as ready: at the line `porthole: desktop ready` on the first serial
   * port, or as soon as the screen shows something.
   */
  ready: z.enum(['marker', 'first-frame']),
  files: z.record(
    fileNameSchema,
    z.strictObject({ sha256: sha256Schema, size: z.number().int().nonnegative() }),
  ),
  /** The folder tree that os-level desktops share, and what it is known by; see `TreeDigest`. */
  root: z
    .strictObject({
      folder: z.literal('root'),
      sha256: sha256Schema,
      files: z.number().int().positive(),
    })
    .optional(),
  created: z.iso.datetime(),
});
export type ImageManifest = z.output<typeof imageManifestSchema>;
export type NewManifest = z.input<typeof imageManifestSchema>;

/** What a built guest prints on its first serial port once the desktop is painted. */
export const readyMarker = 'porthole: desktop ready';
