import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { EnrollmentRecord } from '../../../main/enrollment-record.ts';
import type { LogEntry } from '../../../main/log.ts';
import { problem } from '../../../src/contract/errors.ts';
import type { EnrollmentRequest, TerminalState } from '../../../src/contract/terminal.ts';
import { temporaryFolder } from './temporary-folder.ts';

const path = temporaryFolder();
const broker = 'https://broker.example';
const offer = { broker };
const enrollment = { broker, token: 'a token', ca: 'A'.repeat(43) };
const request: EnrollmentRequest = {
  userCode: 'BCDF-GHJK',
  approvalUrl: `${broker}/enroll?code=BCDF-GHJK`,
  approvalPage: `${broker}/enroll`,
  fingerprint: '0001 0203',
  expiresAt: 0,
};

const byItself: TerminalState = { kind: 'enrolling', offer, request: null, retry: null };
const byHand: TerminalState = { ...byItself, request };
const signedOut = (account: boolean): TerminalState => ({
  ...{ kind: 'signed-out', broker, retry: null, problem: null },
  account,
});
const putOut: TerminalState = { kind: 'unenrolled', offer, problem: problem('terminal-unknown') };

function setUp() {
  const log: LogEntry[] = [];
  const file = path('enrollment.json');
  /** As at a start of the terminal. */
  const open = (...states: TerminalState[]) => {
    const record = new EnrollmentRecord({ file, log: (entry) => log.push(entry) });
    const admitted = record.admit(enrollment);
    for (const state of states) record.follow(state);
    return { record, admitted };
  };
  return { file, log, open };
}

it('remembers that a token enrolled the terminal, but not the token', () => {
  const { file, open } = setUp();
  expect(open().record.byAdministrator).toBe(false);
  open(byItself, signedOut(false));
  expect(open().record.byAdministrator).toBe(true);
  expect(readFileSync(file, 'utf8')).not.toContain(enrollment.token);
});

it('remembers that a person did', () => {
  const { open } = setUp();
  open(byItself, signedOut(false));
  open(byHand, signedOut(false));
  expect(open().record.byAdministrator).toBe(false);
});

it('remembers an account of the terminal as long as it has one', () => {
  const { open } = setUp();
  open(byHand, { kind: 'signing-in', broker, account: true });
  expect(open().record.byAdministrator).toBe(true);
  // Somebody signs in at it themselves.
  open({ kind: 'signing-in', broker, account: false });
  expect(open().record.byAdministrator).toBe(true);
  open(signedOut(false));
  expect(open().record.byAdministrator).toBe(false);
});

it('admits a token again when the terminal was forgotten, but not when it was put out', () => {
  const { log, open } = setUp();
  open(byItself, signedOut(false), { kind: 'unenrolled', offer, problem: null });
  expect(open().admitted).toEqual(enrollment);
  open(signedOut(false), putOut);
  expect(open().admitted).toBeNull();
  expect(open({ kind: 'unenrolled', offer, problem: null }).admitted).toBeNull();
  expect(log.at(-1)?.message).toMatch(/not used again/);
});

it('admits another token, and the same once a person has enrolled the terminal', () => {
  const { open } = setUp();
  open(byItself, signedOut(false), putOut);
  const another = { ...enrollment, token: 'another' };
  expect(open().record.admit(another)).toEqual(another);
  open(byHand, signedOut(false));
  expect(open().admitted).toEqual(enrollment);
});

it('starts anew, and says so, where the file makes no sense', () => {
  const { file, log, open } = setUp();
  writeFileSync(file, '{"token":');
  expect(open().admitted).toEqual(enrollment);
  expect(log).toMatchObject([{ level: 'warn', file }]);
});
