import { z } from 'zod';

/**
 * The part of QMP that is used here. An integration test holds this table against what the
 * installed QEMU says of itself (`query-qmp-schema`), so that drift shows there and not in use.
 *
 * Arguments are strict: what we send is ours. Returns are loose: QEMU adds members over time, and
 * only those that are read are named.
 */
const nothing = z.strictObject({});
const done = z.object({});

export const qmpCommands = {
  /** Leaves negotiation mode; the first command of every connection. */
  qmp_capabilities: { arguments: nothing, returns: done },
  /** Whether guest code executes, and if not, why. */
  'query-status': {
    arguments: nothing,
    returns: z.object({ running: z.boolean(), status: z.string() }),
  },
  /** Holds the guest; when it is answered, all that it wrote is in the files of its disks. */
  stop: { arguments: nothing, returns: done },
  /** Goes on executing guest code. */
  cont: { arguments: nothing, returns: done },
  /** Writes a picture of the screen into a file on the host. */
  screendump: {
    arguments: z.strictObject({ filename: z.string(), format: z.enum(['png', 'ppm']) }),
    returns: done,
  },
  /** What the next migration, in or out, does beyond the usual. */
  'migrate-set-capabilities': {
    arguments: z.strictObject({
      capabilities: z.array(
        z.strictObject({
          /** `events`: tells each change of its status. `x-ignore-shared`: leaves out mapped memory. */
          capability: z.enum(['events', 'x-ignore-shared']),
          state: z.boolean(),
        }),
      ),
    }),
    returns: done,
  },
  'migrate-set-parameters': {
    /** Bytes in a second. */
    arguments: z.strictObject({ 'max-bandwidth': z.number() }),
    returns: done,
  },
  /** Begins to send memory and devices; see the event MIGRATION. */
  migrate: { arguments: z.strictObject({ uri: z.string() }), returns: done },
  /** Begins to receive them, in a QEMU that was started with `-incoming defer`. */
  'migrate-incoming': { arguments: z.strictObject({ uri: z.string() }), returns: done },
  /** Presses the power button. */
  system_powerdown: { arguments: nothing, returns: done },
  /** Bytes of memory that the guest is to get by with. */
  balloon: { arguments: z.strictObject({ value: z.number() }), returns: done },
  /** Ends QEMU at once. */
  quit: { arguments: nothing, returns: done },
} as const satisfies Record<string, { arguments: z.ZodObject; returns: z.ZodObject }>;

export type QmpCommandName = keyof typeof qmpCommands;
export type QmpArguments<N extends QmpCommandName> = z.infer<(typeof qmpCommands)[N]['arguments']>;
export type QmpReturn<N extends QmpCommandName> = z.infer<(typeof qmpCommands)[N]['returns']>;

export const qmpEvents = {
  /** QEMU is about to end: asked by the guest (power off) or from outside. */
  SHUTDOWN: z.object({ guest: z.boolean(), reason: z.string() }),
  /** A disk could not be read or written; with `nospace` and `stop`, the guest waits for room. */
  BLOCK_IO_ERROR: z.object({
    action: z.string(),
    reason: z.string(),
    nospace: z.boolean().optional(),
  }),
  /** What the format of a disk says of itself cannot be true (QAPI block-core). */
  BLOCK_IMAGE_CORRUPTED: z.object({ msg: z.string() }),
  /** Where a migration stands (QAPI MigrationStatus), when the capability `events` is on. */
  MIGRATION: z.object({ status: z.string() }),
} as const satisfies Record<string, z.ZodObject>;

type QmpEventName = keyof typeof qmpEvents;
export type QmpEvent = {
  [N in QmpEventName]: { event: N; data: z.infer<(typeof qmpEvents)[N]> };
}[QmpEventName];

/** What QEMU sends, line by line (QMP specification, section 2). */
export const qmpMessageSchema = z.union([
  z.object({ QMP: z.object({ version: z.unknown() }) }),
  z.object({ event: z.string(), data: z.unknown().optional() }),
  z.object({ return: z.unknown(), id: z.number() }),
  /** Without an id: QEMU could not even read the command. */
  z.object({ error: z.object({ class: z.string(), desc: z.string() }), id: z.number().optional() }),
]);
export type QmpMessage = z.infer<typeof qmpMessageSchema>;

/** The event, when it is one of ours. @throws ZodError when its data has not the form agreed. */
export function parseQmpEvent(name: string, data: unknown): QmpEvent | null {
  switch (name) {
    case 'SHUTDOWN':
      return { event: name, data: qmpEvents[name].parse(data) };
    case 'MIGRATION':
      return { event: name, data: qmpEvents[name].parse(data) };
    case 'BLOCK_IMAGE_CORRUPTED':
      return { event: name, data: qmpEvents[name].parse(data) };
    case 'BLOCK_IO_ERROR':
      return { event: name, data: qmpEvents[name].parse(data) };
    default:
      return null;
  }
}
