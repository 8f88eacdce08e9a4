import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readLaunchFile } from '../../../main/launch-file.ts';
import { currentUser } from '../../../main/trusted-file.ts';
import { temporaryFolder } from './temporary-folder.ts';

const path = temporaryFolder();
const user = currentUser();
const launch = { broker: 'https://127.0.0.1:7600', enroll: null, demo: null };

function write(content: unknown, mode = 0o600): string {
  const file = path('launch.json');
  writeFileSync(file, JSON.stringify(content));
  chmodSync(file, mode);
  return file;
}

it('reads a file of this user that nobody else can read', () => {
  expect(readLaunchFile(write(launch), user)).toEqual({ ...launch, vault: 'auto', once: false });
});

it('removes a file that is for one start once it has read it, and no other', () => {
  const file = write({ ...launch, once: true });
  expect(readLaunchFile(file, user).broker).toBe(launch.broker);
  expect(existsSync(file)).toBe(false);
  readLaunchFile(write(launch), user);
  expect(existsSync(file)).toBe(true);
});

it('reads who enrolls and signs in, and where the identity goes', () => {
  const enroll = { token: 'a token', ca: 'A'.repeat(43) };
  const demo = { username: 'ada', password: 'secret' };
  const full = { ...launch, enroll, demo, vault: 'file', once: false };
  expect(readLaunchFile(write(full), user)).toEqual(full);
});

it.each([0o640, 0o604])('refuses one that others can read: mode %o', (mode) => {
  expect(() => readLaunchFile(write(launch, mode), user)).toThrow(
    expect.objectContaining({ code: 'config-unreadable' }),
  );
});

it('refuses to go on without the file that was named', () => {
  expect(() => readLaunchFile(path('nothing'), user)).toThrow(
    expect.objectContaining({ code: 'config-unreadable' }),
  );
});

describe('refuses as invalid', () => {
  it.each<[string, unknown, RegExp]>([
    ['a broker without TLS', { ...launch, broker: 'http://127.0.0.1' }, /: broker/],
    ['a broker that is no address', { ...launch, broker: 'x' }, /: broker/],
    ['a token without an anchor', { ...launch, enroll: { token: 'a' } }, /: enroll\.ca/],
    ['half an account', { ...launch, demo: { username: 'ada' } }, /: demo\.password/],
    ['a vault that is none', { ...launch, vault: 'plain' }, /: vault/],
    ['a field that is not known', { ...launch, more: 1 }, /more/],
    ['a list', [], /expected object/],
  ])('%s', (_what, content, field) => {
    expect(() => readLaunchFile(write(content), user)).toThrow(
      expect.objectContaining({ code: 'config-invalid', detail: expect.stringMatching(field) }),
    );
  });
});
