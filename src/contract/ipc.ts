import { z } from 'zod';
import { screenFitSchema, screenWishSchema } from './broker-api.ts';
import type { CallName } from './channels.ts';
import { desktopIdSchema } from './desktop.ts';
import { type Problem, problemSchema } from './errors.ts';
import { shadowingAnswerSchema } from './help-desk.ts';
import { terminalNameSchema, vaultKindSchema } from './identity.ts';
import { sessionIdSchema } from './session.ts';
import { streamChannelSchema } from './stream-channel.ts';
import { streamOfferSchema, type TerminalState, terminalStateSchema } from './terminal.ts';
import { textSizes } from './text-sizes.ts';

/**
 * The whole of what passes between the main process and the renderer. Calls go from the renderer
 * to main and are answered with a `Result`; the only event is the new state of the terminal.
 * Arguments and results are parsed by these schemas in main; the preload knows only the names,
 * which are in channels.ts.
 */

/**
 * How a desktop's picture is fitted into the window: the desktop takes the window's size; the picture
 * is scaled; each of its pixels is one of the screen's; it is scaled by a whole number.
 */
export const scalingSchema = z.enum(['follow', 'fit', 'actual', 'multiples']);
export type Scaling = z.infer<typeof scalingSchema>;

/**
 * What a desktop that follows the window has a pixel for: each CSS pixel of the window, or each pixel
 * of the screen, of which a dense one has more: sharper, and smaller.
 */
export const densitySchema = z.enum(['even', 'sharp']);

export const preferencesSchema = z.strictObject({
  /** BCP 47 tag of one of the message catalogues, or null for the system's language. */
  language: z.enum(['en', 'ar']).nullable(),
  theme: z.enum(['light', 'dark']).nullable(),
  textSize: z.literal(textSizes),
  /** Whether a session shows its figures: round trip, frames, bandwidth. */
  showsFigures: z.boolean(),
  scaling: scalingSchema,
  density: densitySchema,
});
export type Preferences = z.infer<typeof preferencesSchema>;

export const appInfoSchema = z.strictObject({
  version: z.string(),
  electron: z.string(),
  /** BCP 47 tag of the system. */
  systemLanguage: z.string(),
  terminalName: terminalNameSchema,
  vault: vaultKindSchema,
  /** Only an administrator takes this terminal from its broker, or stops it from enrolling there. */
  managed: z.boolean(),
});
export type AppInfo = z.infer<typeof appInfoSchema>;

/** What the stream in the renderer has to tell the machine. */
export const streamReportSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('live'), grant: z.number().int().positive() }),
  z.strictObject({
    kind: z.literal('closed'),
    grant: z.number().int().positive(),
    /** WebSocket close code (RFC 6455 section 7.4). */
    code: z.number().int().min(1000).max(4999),
  }),
]);
export type StreamReport = z.infer<typeof streamReportSchema>;

const nothing = z.undefined();

/** name → argument and result. A call that takes or gives nothing says `nothing`. */
export const calls = {
  getState: { argument: nothing, result: terminalStateSchema },
  getAppInfo: { argument: nothing, result: appInfoSchema },
  getPreferences: { argument: nothing, result: preferencesSchema },
  setPreferences: { argument: preferencesSchema, result: nothing },
  /** Goes on without a vault that lasts: `blocked` only. */
  useMemoryVault: { argument: nothing, result: nothing },
  enroll: { argument: z.strictObject({ broker: z.string().max(300) }), result: nothing },
  /** Forgets the enrollment, here and at the broker. */
  forgetEnrollment: { argument: nothing, result: nothing },
  /** Opens the broker's sign-in page, which the renderer sees nothing of. */
  signIn: { argument: nothing, result: nothing },
  signOut: { argument: nothing, result: nothing },
  connect: { argument: z.strictObject({ desktopId: desktopIdSchema }), result: nothing },
  /** Stops waiting for a desktop, the broker or an administrator, or closes the sign-in page. */
  cancel: { argument: nothing, result: nothing },
  /** Tries again now rather than when the next try is due. */
  retryNow: { argument: nothing, result: nothing },
  /** Leaves the session running and goes back to the desktops. */
  disconnect: { argument: nothing, result: nothing },
  /** Ends a session and destroys its desktop. */
  endSession: { argument: z.strictObject({ sessionId: sessionIdSchema }), result: nothing },
  lock: { argument: nothing, result: nothing },
  /** Opens the sign-in page for the user who locked. */
  unlock: { argument: nothing, result: nothing },
  reportStream: { argument: streamReportSchema, result: nothing },
  /** Says whether a helper may look at the session, or may no longer. */
  answerShadowing: {
    argument: z.strictObject({
      sessionId: sessionIdSchema,
      shadowing: z.uuid(),
      answer: shadowingAnswerSchema,
    }),
    result: nothing,
  },
  markMessageRead: {
    argument: z.strictObject({ sessionId: sessionIdSchema, message: z.uuid() }),
    result: nothing,
  },
  /** Asks the desktop of a session to fit itself to the screen of this terminal. */
  fitScreen: {
    argument: screenWishSchema.extend({ sessionId: sessionIdSchema }),
    result: screenFitSchema,
  },
  /** Asks for one more stream of the session whose picture is shown under `grant`. */
  openStream: {
    argument: z.strictObject({
      grant: z.number().int().positive(),
      channel: streamChannelSchema,
    }),
    result: streamOfferSchema,
  },
} as const satisfies Record<CallName, { argument: z.ZodType; result: z.ZodType }>;

export type { CallName };
export type CallArgument<N extends CallName> = z.infer<(typeof calls)[N]['argument']>;
export type CallResult<N extends CallName> = z.infer<(typeof calls)[N]['result']>;

export type Result<T> = { ok: true; value: T } | { ok: false; problem: Problem };
export const failureSchema = z.strictObject({ ok: z.literal(false), problem: problemSchema });

type Call<N extends CallName> =
  CallArgument<N> extends undefined
    ? () => Promise<Result<CallResult<N>>>
    : (argument: CallArgument<N>) => Promise<Result<CallResult<N>>>;

/** What the preload puts on `window.porthole`. */
export type TerminalBridge = { readonly [N in CallName]: Call<N> } & {
  /** Calls back with each new state; the function returned unsubscribes. */
  onState(listener: (state: TerminalState) => void): () => void;
};

export { appOrigin, appScheme } from './app-origin.ts';
