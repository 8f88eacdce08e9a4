import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs';
import type { z } from 'zod';
import { CodedError } from '../src/contract/errors.ts';

/** Who runs this process; null on Windows, where a file has no owner and mode to check. */
export type FileUser = { uid: number; groups: readonly number[] } | null;

export function currentUser(): FileUser {
  const { getuid, getgroups } = process;
  return getuid && getgroups ? { uid: getuid(), groups: getgroups() } : null;
}

/**
 * - `own`: a secret of this user, who alone can read and write it.
 * - `given-secret`: a secret that root may have put there; this user's group may read it.
 * - `given`: no secret; anybody may read it, but only root or this user write it.
 */
export type FileKind = 'own' | 'given-secret' | 'given';

type Rule = { mode: number; byRoot: boolean };
const rules: Readonly<Record<FileKind, Rule>> = {
  own: { mode: 0o600, byRoot: false },
  'given-secret': { mode: 0o640, byRoot: true },
  given: { mode: 0o644, byRoot: true },
};

const largestBytes = 16 * 1024;

/**
 * Text of a file that decides something, or null when there is none. All of it is checked on the
 * opened file, so that it cannot be exchanged between check and use.
 *
 * @throws config-unreadable for a file that somebody else could have written or, where it is a
 *   secret, could have read
 */
export function readTrustedFile(file: string, user: FileUser, kind: FileKind): string | null {
  const descriptor = openNoFollow(file);
  if (descriptor === null) return null;
  try {
    const facts = fstatSync(descriptor);
    const complaint = facts.isFile() ? complaintAbout(facts, user, kind) : 'is not a regular file';
    if (complaint !== null) throw untrusted(file, complaint);
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Holds that nobody else can look into a folder, where it exists, or put anything there.
 * @throws config-unreadable
 */
export function checkOwnFolder(folder: string, user: FileUser): void {
  const facts = lstatSync(folder, { throwIfNoEntry: false });
  if (facts === undefined) return;
  if (!facts.isDirectory()) throw untrusted(folder, 'is not a folder');
  if (user === null) return;
  if (facts.uid !== user.uid) throw untrusted(folder, 'belongs to another user');
  if ((facts.mode & 0o077) !== 0)
    throw untrusted(folder, 'is open to others; its mode must be 0700');
}

/**
 * What the JSON of a trusted file says.
 * @throws config-unreadable when it is no JSON, config-invalid when the schema refuses it; neither
 *   quotes the text, which may hold secrets
 */
export function parseTrusted<S extends z.ZodType>(
  file: string,
  text: string,
  schema: S,
): z.infer<S> {
  const parsed = schema.safeParse(parseJson(file, text));
  if (parsed.success) return parsed.data;
  throw new CodedError('config-invalid', { detail: `${file}: ${firstIssue(parsed.error)}` });
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
    throw untrusted(file, 'is not JSON');
  }
}

function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return 'cannot be used';
  return issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`;
}

export function untrusted(file: string, complaint: string, cause?: unknown): CodedError {
  return new CodedError('config-unreadable', { detail: `${file}: ${complaint}`, cause });
}

function openNoFollow(file: string): number | null {
  try {
    // O_NONBLOCK: opening a FIFO would otherwise wait for a writer for ever.
    return openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
    throw untrusted(file, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

type FileFacts = { uid: number; gid: number; mode: number; size: number };

function complaintAbout(facts: FileFacts, user: FileUser, kind: FileKind): string | null {
  if (facts.size > largestBytes) return `is larger than ${largestBytes} bytes`;
  if (user === null) return null;
  const { mode, byRoot } = rules[kind];
  if (facts.uid !== user.uid && !(byRoot && facts.uid === 0)) return 'belongs to another user';
  if ((facts.mode & 0o777 & ~mode) !== 0) {
    return `is open to others; its mode must be 0${mode.toString(8)}`;
  }
  const readByGroup = kind === 'given-secret' && (facts.mode & 0o040) !== 0;
  if (readByGroup && !user.groups.includes(facts.gid)) return 'can be read by another group';
  return null;
}
