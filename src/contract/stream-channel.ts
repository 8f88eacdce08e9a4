import { z } from 'zod';

/**
 * What a stream carries: a screen of the desktop by RFB, the first of which has the keyboard, or its
 * sound.
 */
export const streamChannelSchema = z.enum([
  'screen-1',
  'screen-2',
  'screen-3',
  'screen-4',
  'sound',
]);
export type StreamChannel = z.infer<typeof streamChannelSchema>;

/** The stream of a helper, who looks at the first screen beside its user. */
export const shadowingChannel = 'shadowing';

/** Good for one stream, once. */
export const streamTicketSchema = z.strictObject({
  ticket: z.string(),
  /** Where to open the stream, relative to the broker's address. Holds no secret. */
  path: z.string().startsWith('/v1/'),
  expiresInSeconds: z.number().int().positive(),
});
