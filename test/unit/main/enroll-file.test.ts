import { chmodSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readEnrollFile } from '../../../main/enroll-file.ts';
import { currentUser } from '../../../main/trusted-file.ts';
import { temporaryFolder } from './temporary-folder.ts';

const path = temporaryFolder();
const user = currentUser();
const enroll = { broker: 'https://broker.example', token: 'a token', ca: 'A'.repeat(43) };

function write(content: object, mode: number): string {
  const file = path('enroll.json');
  writeFileSync(file, JSON.stringify(content));
  chmodSync(file, mode);
  return file;
}

it.each([0o600, 0o640])('reads a file of mode %o', (mode) => {
  expect(readEnrollFile(write(enroll, mode), user)).toEqual(enroll);
});

it('is nothing where there is none', () => {
  expect(readEnrollFile(path('enroll.json'), user)).toBeNull();
});

it.each([0o644, 0o660])('refuses a file of mode %o, and says what it must be', (mode) => {
  expect(() => readEnrollFile(write(enroll, mode), user)).toThrow(
    expect.objectContaining({
      code: 'config-unreadable',
      detail: expect.stringMatching(/mode must be 0640/),
    }),
  );
});

it.each(['broker', 'token', 'ca'])('refuses a file without its %s', (field) => {
  const { [field as keyof typeof enroll]: _left, ...rest } = enroll;
  expect(() => readEnrollFile(write(rest, 0o600), user)).toThrow(
    expect.objectContaining({
      code: 'config-invalid',
      detail: expect.stringContaining(field),
    }),
  );
});
