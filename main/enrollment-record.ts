import { createHash } from 'node:crypto';
import { z } from 'zod';
import { digestSchema } from '../src/contract/identity.ts';
import type { TerminalState } from '../src/contract/terminal.ts';
import type { UnattendedEnrollment } from './enroll-file.ts';
import type { Log } from './log.ts';
import { readIfThere, replaceFile } from './private-file.ts';

const factsSchema = z.strictObject({
  /** SHA-256 of the token of `enroll.json` that enrolled the terminal; null where a person did. */
  token: digestSchema.nullable(),
  /** The broker has put the terminal out since. */
  revoked: z.boolean(),
  /** The terminal has an account of its own. */
  account: z.boolean(),
});
type Facts = z.infer<typeof factsSchema>;

const unknown: Facts = { token: null, revoked: false, account: false };

type EnrollmentRecordDeps = { file: string; log: Log };

/**
 * How this terminal came to be enrolled, in a small file of its profile without a secret in it: what
 * is the administrator's to undo, and which token is not to be used again. Follows the states of
 * the terminal. One that cannot be read or written is logged and stops nothing.
 */
export class EnrollmentRecord {
  readonly #deps: EnrollmentRecordDeps;
  #facts: Facts;
  #token: string | null = null;
  #last: TerminalState | null = null;

  constructor(deps: EnrollmentRecordDeps) {
    this.#deps = deps;
    this.#facts = this.#read();
  }

  /** Whether an administrator, not whoever stood before the terminal, made it what it is. */
  get byAdministrator(): boolean {
    return this.#facts.token !== null || this.#facts.account;
  }

  /** What the terminal may enroll by: once it was put out, not by the token of before. */
  admit(enrollment: UnattendedEnrollment | null): UnattendedEnrollment | null {
    if (enrollment === null) return null;
    const token = digestOf(enrollment.token);
    if (this.#facts.revoked && token === this.#facts.token) {
      const message = 'the token is not used again: the broker has put this terminal out';
      this.#deps.log({ level: 'warn', message });
      return null;
    }
    this.#token = token;
    return enrollment;
  }

  readonly follow = (state: TerminalState): void => {
    const facts = factsAfter(this.#facts, this.#last, state, this.#token);
    this.#last = state;
    if (JSON.stringify(facts) === JSON.stringify(this.#facts)) return;
    this.#facts = facts;
    this.#write();
  };

  #read(): Facts {
    const { file, log } = this.#deps;
    try {
      const text = readIfThere(file);
      return text === null ? unknown : factsSchema.parse(JSON.parse(text));
    } catch (error) {
      log({ level: 'warn', message: 'the record of the enrollment cannot be read', file, error });
      return unknown;
    }
  }

  #write(): void {
    const { file, log } = this.#deps;
    try {
      replaceFile(file, `${JSON.stringify(this.#facts, null, 2)}\n`);
    } catch (error) {
      log({ level: 'warn', message: 'the record of the enrollment cannot be kept', file, error });
    }
  }
}

/** @param token what the terminal enrolls by where nobody is asked */
function factsAfter(
  facts: Facts,
  last: TerminalState | null,
  state: TerminalState,
  token: string | null,
): Facts {
  if (state.kind === 'unenrolled') {
    return state.problem?.code === 'terminal-unknown' ? { ...facts, revoked: true } : facts;
  }
  // A person's sign-in at a terminal with an account says nothing of the account.
  const known = state.kind === 'signed-out' || (state.kind === 'signing-in' && state.account);
  if (!known) return facts;
  const { account } = state;
  if (last?.kind !== 'enrolling') return { ...facts, account };
  return { token: last.request === null ? token : null, revoked: false, account };
}

function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
