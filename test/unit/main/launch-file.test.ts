import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readLaunchFile } from '../../../main/launch-file.ts';
import { temporaryFolder } from './temporary-folder.ts';

const path = temporaryFolder();
const uid = process.getuid?.() ?? null;
const launch = { broker: 'http://127.0.0.1:7600', code: 'ABCD-EFGH', demo: null };

function write(content: unknown, mode = 0o600): string {
  const file = path('launch.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  chmodSync(file, mode);
  return file;
}

it('reads a file of this user that nobody else can read', () => {
  expect(readLaunchFile(write(launch), uid)).toEqual({
    ...launch,
    memoryVault: 'ask',
    once: false,
  });
});

it('removes a file that is for one start once it has read it, and no other', () => {
  const file = write({ ...launch, once: true });
  expect(readLaunchFile(file, uid).code).toBe(launch.code);
  expect(existsSync(file)).toBe(false);
  readLaunchFile(write(launch), uid);
  expect(existsSync(file)).toBe(true);
});

it('reads who signs in, and the policy for machines without a keychain', () => {
  const demo = { username: 'ada', password: 'secret' };
  const full = { ...launch, demo, memoryVault: 'allow', once: false };
  expect(readLaunchFile(write(full), uid)).toEqual(full);
});

describe('refuses as unreadable', () => {
  const refused = (file: string, complaint: RegExp, as = uid) => {
    expect(() => readLaunchFile(file, as)).toThrow(
      expect.objectContaining({
        code: 'config-unreadable',
        detail: expect.stringMatching(complaint),
      }),
    );
  };

  it('a file that is not there', () => refused(path('nothing'), /ENOENT/));
  it('a folder', () => {
    mkdirSync(path('folder'));
    refused(path('folder'), /not a regular file/);
  });
  it('a symbolic link, even to a good file', () => {
    symlinkSync(write(launch), path('link'));
    refused(path('link'), /ELOOP/);
  });
  it('a FIFO, without waiting for a writer', () => {
    execFileSync('mkfifo', ['-m', '600', path('fifo')]);
    refused(path('fifo'), /not a regular file/);
  });
  it.each([0o640, 0o604, 0o620, 0o602, 0o610, 0o601])('mode %o', (mode) => {
    refused(write(launch, mode), /mode must be 0600/);
  });
  it('a file of another user', () => refused(write(launch), /another user/, (uid ?? 0) + 1));
  it('a file beyond all measure', () => refused(write(' '.repeat(16 * 1024 + 1)), /larger/));
  it('what is not JSON, without quoting it', () => {
    refused(write('{"password":"hunter2"'), /is not JSON$/);
  });
});

describe('refuses as invalid', () => {
  const refused = (content: unknown, field: RegExp) => {
    expect(() => readLaunchFile(write(content), uid)).toThrow(
      expect.objectContaining({ code: 'config-invalid', detail: expect.stringMatching(field) }),
    );
  };

  it('a broker over plain http on another machine', () =>
    refused({ ...launch, broker: 'http://broker.example' }, /^broker/));
  it('a broker that is no address', () => refused({ ...launch, broker: 'x' }, /^broker/));
  it('a code that is too long', () => refused({ ...launch, code: 'A'.repeat(33) }, /^code/));
  it('half an account', () => refused({ ...launch, demo: { username: 'ada' } }, /^demo\.password/));
  it('a field that is not known', () => refused({ ...launch, more: 1 }, /more/));
  it('a list', () => refused([], /expected object/));
});
