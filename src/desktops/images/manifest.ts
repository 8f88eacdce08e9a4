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

/** `manifest.json` of an image. File names are relative to its folder, sizes are in bytes. */
export const imageManifestSchema = z.strictObject({
  version: z.literal(1),
  /** Digest of the recipe for a built image, UUID for a registered one; names the folder. */
  id: z.string().regex(/^[0-9a-f-]{32,64}$/),
  name: imageNameSchema,
  title: z.string().min(1),
  kind: z.enum(['built', 'registered']),
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
  created: z.iso.datetime(),
});
export type ImageManifest = z.infer<typeof imageManifestSchema>;

/** What a built guest prints on its first serial port once the desktop is painted. */
export const readyMarker = 'porthole: desktop ready';
