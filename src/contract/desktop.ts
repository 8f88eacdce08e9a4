import { z } from 'zod';

/**
 * The kinds of virtualization that a desktop can run on.
 *
 * - `full`: the hypervisor emulates real hardware; runs any operating system.
 * - `para`: the guest cooperates through virtio devices; lighter and quicker.
 * - `os-level`: no hypervisor; isolated desktops that share the kernel of the host.
 */
export const engineSchema = z.enum(['full', 'para', 'os-level']);
export type Engine = z.infer<typeof engineSchema>;

/** How QEMU executes guest code: hardware virtualization, or `tcg`, software emulation. */
export const acceleratorSchema = z.enum(['kvm', 'hvf', 'whpx', 'tcg']);
export type Accelerator = z.infer<typeof acceleratorSchema>;

/**
 * The name of an image, as people type it: a line in a list and text in a log too, so it has no
 * separators, no leading dot or dash, and no capital letters that some file systems fold.
 */
export const imageNameSchema = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, {
  error: 'use lower-case letters, digits, ".", "_" and "-", and begin with a letter or digit',
});

export const desktopIdSchema = z.uuid();

/** A desktop that a user is entitled to, with the session they have on it now, if any. */
export const desktopSchema = z.strictObject({
  id: desktopIdSchema,
  name: z.string().min(1).max(80),
  description: z.string().max(200),
  engine: engineSchema,
  image: imageNameSchema,
  session: z
    .strictObject({
      id: z.uuid(),
      state: z.enum(['starting', 'running', 'suspended', 'ending']),
      startedAt: z.iso.datetime(),
    })
    .nullable(),
});
export type Desktop = z.infer<typeof desktopSchema>;
