import { z } from 'zod';

/**
 * The catalogue of everything that can go wrong and be told to a person.
 *
 * `status` is the HTTP status (RFC 9110) when the broker answers with it, `null` for problems that
 * only arise on the terminal or on a command line. `message` says what happened and `remedy` what
 * to do about it, both in plain English; the renderer translates by `code`. docs/errors.md lists
 * the same rows, and a test holds the two together.
 */
export const errorCatalogue = {
  // Requests
  'body-too-large': row(413, 'The request is larger than the broker accepts.', 'Send less.'),
  'internal-error': row(
    500,
    'The broker hit a fault of its own.',
    'Try again. If it stays, look for the request id in the broker log.',
  ),
  'invalid-request': row(
    400,
    'The request does not have the form that the broker expects.',
    'Compare the request with /v1/openapi.json. Terminal and broker may be of different versions.',
  ),
  'not-found': row(404, 'There is nothing at this address.', 'Check the address.'),
  'too-many-requests': row(
    429,
    'Too many requests came from this terminal.',
    'Wait a moment and try again.',
  ),

  // Terminal identity
  'enrollment-code-expired': row(
    403,
    'This enrollment code is no longer valid.',
    'Ask your administrator for a new code.',
  ),
  'enrollment-code-used': row(
    403,
    'This enrollment code was already used.',
    'Each code enrolls one terminal. Ask your administrator for a new code.',
  ),
  'enrollment-code-wrong': row(
    403,
    'This enrollment code is not known.',
    'Check the code for typing mistakes and try again.',
  ),
  'proof-invalid': row(
    401,
    'The request is not signed by the key of this terminal.',
    'Check that the clock of the terminal is right, then try again.',
  ),
  'terminal-unknown': row(
    401,
    'The broker does not know this terminal, or no longer.',
    'Enroll the terminal again.',
  ),

  // Sign-in
  'credentials-wrong': row(
    401,
    'User name or password is wrong.',
    'Check both and try again. Capital letters matter in the password.',
  ),
  'not-signed-in': row(401, 'You are not signed in any more.', 'Sign in again.'),
  'nothing-to-resume': row(
    404,
    'No session of this terminal is waiting to be resumed.',
    'Sign in.',
  ),
  'sign-in-throttled': row(
    429,
    'Too many wrong passwords were tried from here.',
    'Wait until the time shown has passed, then try again.',
  ),

  // Desktops and sessions
  'desktop-not-found': row(
    404,
    'There is no such desktop for you.',
    'Choose one of the desktops listed.',
  ),
  'disk-full': row(
    507,
    'The disk of the broker is full.',
    'Ask your administrator to free some space, then try again.',
  ),
  'guest-boot-timeout': row(
    504,
    'The desktop did not start in time.',
    'Try again. The console log of the desktop says how far it came.',
  ),
  'guest-failed': row(
    502,
    'The desktop stopped unexpectedly.',
    'Start it again. The log of the desktop says why it stopped.',
  ),
  'host-full': row(
    503,
    'The broker has no room for another desktop.',
    'End a desktop that you no longer need, or try again later.',
  ),
  'image-damaged': row(
    503,
    'The image of this desktop is damaged.',
    'Ask your administrator to run "porthole image build", or to add the image again.',
  ),
  'image-unknown': row(
    503,
    'The image of this desktop is missing.',
    'Ask your administrator to run "porthole image list" and to add what is missing.',
  ),
  'qemu-missing': row(
    503,
    'QEMU is not installed on the broker.',
    'Ask your administrator to run "porthole doctor".',
  ),
  'session-ended': row(410, 'This session has ended.', 'Start a new one.'),
  'session-not-found': row(404, 'There is no such session for you.', 'Start a new one.'),
  'session-not-ready': row(409, 'The desktop is still starting.', 'Wait until it is ready.'),

  // The stream
  'stream-idle-limit': row(
    null,
    'The session was left alone for too long and was disconnected.',
    'Connect again: it is still running.',
  ),
  'stream-lost': row(
    null,
    'The connection to the desktop was lost.',
    'It is tried again by itself. Check the network if this lasts.',
  ),
  'stream-protocol-error': row(
    null,
    'The display connection carried something that is not a display connection.',
    'Connect again. Terminal and broker may be of different versions.',
  ),
  'stream-taken-over': row(
    null,
    'This session was opened in another place.',
    'Connect again to bring it back here.',
  ),
  'stream-time-limit': row(
    null,
    'The session reached the longest time allowed and has ended.',
    'Start a new one, or ask your administrator for a longer limit.',
  ),
  'ticket-invalid': row(
    null,
    'The ticket for the display was refused.',
    'Connect again: each ticket is good for one connection within 30 seconds.',
  ),

  // On the terminal
  'broker-address-invalid': row(
    null,
    'This is not an address of a broker.',
    'Enter an address such as https://broker.example. Plain http is accepted for this machine only.',
  ),
  'broker-answer-invalid': row(
    null,
    'The broker answered with something this terminal does not understand.',
    'Check the address. Terminal and broker may be of different versions.',
  ),
  'broker-unreachable': row(
    null,
    'The broker cannot be reached.',
    'Check the network and the address, and that the broker is running.',
  ),
  'ipc-refused': row(
    null,
    'A part of the app asked for something that it may not have.',
    'Restart Porthole. If it happens again, report it.',
  ),
  'not-possible-now': row(
    null,
    'This cannot be done at the moment.',
    'Wait until the step under way is over, or cancel it.',
  ),
  'vault-damaged': row(
    null,
    'What the keychain holds for Porthole cannot be read.',
    'Enroll the terminal again.',
  ),
  'vault-unavailable': row(
    null,
    'This machine has no keychain that Porthole can use.',
    'Install and unlock one, or go on without: the terminal then has to be enrolled again after each restart.',
  ),

  // Setting up and starting
  'broker-running': row(
    null,
    'Another broker already uses this data folder.',
    'Stop it first, or give this one a folder of its own with "dataDir".',
  ),
  'command-failed': row(
    null,
    'A program that Porthole needs stopped with an error.',
    'Read its message above, mend the cause, and try again.',
  ),
  'config-invalid': row(
    null,
    'The configuration has a mistake.',
    'Correct the field named and start again.',
  ),
  'config-unreadable': row(
    null,
    'The configuration file cannot be read.',
    'Check that the file exists, is readable, and is JSON.',
  ),
  'display-missing': row(
    null,
    'There is no display to show a window on.',
    'Start with --headless to have pictures of the window written instead.',
  ),
  'download-damaged': row(
    null,
    'Something that was downloaded is not what it should be.',
    'It was not used. Try again; if it stays, the registry or the network changes what it delivers.',
  ),
  'electron-missing': row(
    null,
    'There is no Electron that can run the terminal on this machine.',
    'Run "npx install-electron", or set ELECTRON_OVERRIDE_DIST_PATH to a folder that holds one.',
  ),
  'image-invalid': row(
    null,
    'This file cannot be used as an image.',
    'Give a qcow2 file, or the raw copy of a bootable disk, that stands alone: "qemu-img convert -O qcow2" makes one.',
  ),
  'image-name-invalid': row(
    null,
    'An image cannot have this name.',
    'Use up to 63 lower-case letters, digits, ".", "_" and "-", beginning with a letter or digit.',
  ),
  'image-name-taken': row(
    null,
    'There is an image of this name already.',
    'Choose another name, or remove the other image first.',
  ),
  'offline-missing': row(
    null,
    'Something needed is not on this machine, and --offline forbids fetching it.',
    'Start once without --offline.',
  ),
  'packages-unreachable': row(
    null,
    'The Debian packages for the image cannot be fetched.',
    'Check the network, and http_proxy if there is a proxy, then start again: it goes on where it stopped.',
  ),
  'port-in-use': row(
    null,
    'Another program already listens on this port.',
    'Stop it, or choose another port with --port.',
  ),
  'store-damaged': row(
    null,
    'The data of the broker cannot be read.',
    'It was left as it is. Restore a backup, or move it aside to begin anew.',
  ),
  'tool-missing': row(
    null,
    'A program that Porthole needs is not installed.',
    'Run "porthole doctor": it prints the one line that installs it.',
  ),
} as const satisfies Record<string, CatalogueRow>;

type CatalogueRow = { status: number | null; message: string; remedy: string };

function row(status: number | null, message: string, remedy: string): CatalogueRow {
  return { status, message, remedy };
}

export type ErrorCode = keyof typeof errorCatalogue;

export const errorCodes = Object.keys(errorCatalogue) as [ErrorCode, ...ErrorCode[]]; // Object.keys widens to string[]

/** A problem as it travels: over HTTP (as the body of every status >= 400), IPC and in states. */
export const problemSchema = z.strictObject({
  code: z.enum(errorCodes),
  message: z.string(),
  remedy: z.string(),
  /** What exactly: a field name, a file, a tool. Never a secret. */
  detail: z.string().optional(),
  /** Whole seconds until it makes sense to try again (RFC 9110 Retry-After). */
  retryAfterSeconds: z.number().int().nonnegative().optional(),
  /** The broker's id for the request, to find it in the log. */
  requestId: z.string().optional(),
});
export type Problem = z.infer<typeof problemSchema>;

/** What is passed on from a problem that came may be missing there as well. */
type Extra = {
  detail?: string | undefined;
  retryAfterSeconds?: number | undefined;
  cause?: unknown;
};

/** The one error type thrown on purpose; everything else that is thrown is a bug. */
export class CodedError extends Error {
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, extra: Extra = {}) {
    const { message } = errorCatalogue[code];
    super(extra.detail === undefined ? message : `${message} (${extra.detail})`, {
      cause: extra.cause,
    });
    this.name = 'CodedError';
    this.code = code;
    this.detail = extra.detail;
    this.retryAfterSeconds = extra.retryAfterSeconds;
  }

  get problem(): Problem {
    return problem(this.code, {
      ...(this.detail === undefined ? {} : { detail: this.detail }),
      ...(this.retryAfterSeconds === undefined
        ? {}
        : { retryAfterSeconds: this.retryAfterSeconds }),
    });
  }
}

export function problem(
  code: ErrorCode,
  extra: Omit<Problem, 'code' | 'message' | 'remedy'> = {},
): Problem {
  const { message, remedy } = errorCatalogue[code];
  return { code, message, remedy, ...extra };
}
