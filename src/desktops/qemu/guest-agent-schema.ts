import { z } from 'zod';

/**
 * The commands of the QEMU guest agent that are used here (docs/interop/qemu-ga-ref of QEMU).
 * Data of files and outputs is base64.
 */
const nothing = z.strictObject({});

export const agentCommands = {
  'guest-file-open': {
    arguments: z.strictObject({ path: z.string(), mode: z.enum(['r']) }),
    returns: z.number().int(),
  },
  'guest-file-read': {
    arguments: z.strictObject({ handle: z.number().int(), count: z.number().int().positive() }),
    returns: z.object({ count: z.number().int(), 'buf-b64': z.base64(), eof: z.boolean() }),
  },
  'guest-file-close': {
    arguments: z.strictObject({ handle: z.number().int() }),
    returns: nothing,
  },
  'guest-exec': {
    arguments: z.strictObject({
      path: z.string(),
      arg: z.array(z.string()),
      'capture-output': z.boolean(),
    }),
    returns: z.object({ pid: z.number().int() }),
  },
  'guest-exec-status': {
    arguments: z.strictObject({ pid: z.number().int() }),
    returns: z.object({
      exited: z.boolean(),
      exitcode: z.number().int().optional(),
      signal: z.number().int().optional(),
      'out-data': z.base64().optional(),
      'err-data': z.base64().optional(),
    }),
  },
} as const satisfies Record<string, { arguments: z.ZodObject; returns: z.ZodType }>;

export type AgentCommandName = keyof typeof agentCommands;
export type AgentArguments<N extends AgentCommandName> = z.infer<
  (typeof agentCommands)[N]['arguments']
>;
export type AgentReturn<N extends AgentCommandName> = z.infer<(typeof agentCommands)[N]['returns']>;

/** What comes back. On a serial line our own words may come back too, echoed by a terminal. */
export const agentMessageSchema = z.union([
  z.object({ return: z.unknown() }),
  z.object({ error: z.object({ class: z.string(), desc: z.string() }) }),
]);
export type AgentMessage = z.infer<typeof agentMessageSchema>;
