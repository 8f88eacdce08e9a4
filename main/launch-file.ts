import { closeSync, constants, fstatSync, openSync, readFileSync, rmSync } from 'node:fs';
import { z } from 'zod';
import { CodedError } from '../src/contract/errors.ts';
import { brokerAddressSchema } from '../src/contract/terminal.ts';

/** What the program that starts the terminal hands over: a broker, a code, and who signs in. */
const launchSchema = z.strictObject({
  broker: brokerAddressSchema,
  code: z.string().max(32),
  /** Signs this user in by itself and opens their first desktop. */
  demo: z.strictObject({ username: z.string().max(64), password: z.string().max(256) }).nullable(),
  /** Whether a machine without a keychain goes on in memory without asking. */
  memoryVault: z.enum(['ask', 'allow']).default('ask'),
  /** Whether the file is removed as soon as it is read, since its secrets are good for one start. */
  once: z.boolean().default(false),
});
export type Launch = z.infer<typeof launchSchema>;

const largestBytes = 16 * 1024;

/**
 * Reads the launch file, which holds secrets: it has to be a regular file of this user that nobody
 * else can read. All of it is checked on the opened file, so that it cannot be exchanged between
 * check and use.
 *
 * @param uid of this process; null on Windows, where a file has no owner and mode to check
 * @throws config-unreadable, config-invalid
 */
export function readLaunchFile(file: string, uid: number | null): Launch {
  const text = readPrivateFile(file, uid);
  const launch = launchSchema.safeParse(parseJson(file, text));
  if (!launch.success) throw new CodedError('config-invalid', { detail: firstIssue(launch.error) });
  if (launch.data.once) rmSync(file, { force: true });
  return launch.data;
}

function readPrivateFile(file: string, uid: number | null): string {
  const descriptor = openNoFollow(file);
  try {
    const complaint = complaintAbout(fstatSync(descriptor), uid);
    if (complaint !== null) throw unreadable(file, complaint);
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

function openNoFollow(file: string): number {
  try {
    // O_NONBLOCK: opening a FIFO would otherwise wait for a writer for ever.
    return openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    throw unreadable(file, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

type FileFacts = { isFile(): boolean; uid: number; mode: number; size: number };

function complaintAbout(facts: FileFacts, uid: number | null): string | null {
  if (!facts.isFile()) return 'is not a regular file';
  if (facts.size > largestBytes) return `is larger than ${largestBytes} bytes`;
  if (uid === null) return null;
  if (facts.uid !== uid) return 'belongs to another user';
  if ((facts.mode & 0o077) !== 0) return 'can be read by others; its mode must be 0600';
  return null;
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which holds secrets.
    throw unreadable(file, 'is not JSON');
  }
}

function unreadable(file: string, complaint: string, cause?: unknown): CodedError {
  return new CodedError('config-unreadable', { detail: `${file}: ${complaint}`, cause });
}

function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue === undefined ? 'launch file' : `${issue.path.join('.')}: ${issue.message}`;
}
