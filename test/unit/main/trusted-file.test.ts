import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  checkOwnFolder,
  type FileKind,
  type FileUser,
  parseTrusted,
  readTrustedFile,
} from '../../../main/trusted-file.ts';
import { temporaryFolder } from './temporary-folder.ts';

const path = temporaryFolder();
const uid = process.getuid?.() ?? 0;
const gid = process.getgid?.() ?? 0;
const self: FileUser = { uid, groups: [gid] };
const stranger: FileUser = { uid: uid + 1, groups: [gid + 1] };

function write(mode: number, content = 'text'): string {
  const file = path('file');
  writeFileSync(file, content);
  chmodSync(file, mode);
  return file;
}

const refused = (work: () => unknown, complaint: RegExp) =>
  expect(work).toThrow(
    expect.objectContaining({
      code: 'config-unreadable',
      detail: expect.stringMatching(complaint),
    }),
  );

describe('modes', () => {
  it.each([
    ['own', 0o600],
    ['own', 0o400],
    ['given-secret', 0o600],
    ['given-secret', 0o640],
    ['given-secret', 0o440],
    ['given', 0o644],
    ['given', 0o444],
  ] as const)('%s may have mode %o', (kind, mode) => {
    expect(readTrustedFile(write(mode), self, kind)).toBe('text');
  });

  it.each([
    ['own', 0o640],
    ['own', 0o604],
    ['own', 0o620],
    ['own', 0o602],
    ['own', 0o610],
    ['own', 0o601],
    ['given-secret', 0o644],
    ['given-secret', 0o660],
    ['given-secret', 0o650],
    ['given', 0o664],
    ['given', 0o646],
  ] as const)('%s may not have mode %o', (kind, mode) => {
    refused(() => readTrustedFile(write(mode), self, kind), /its mode must be 0/);
  });

  it('are not looked at on a system that has none', () => {
    expect(readTrustedFile(write(0o666), null, 'own')).toBe('text');
  });
});

describe('owners', () => {
  it('are this user, for what is its own', () => {
    refused(() => readTrustedFile(write(0o600), stranger, 'own'), /another user/);
  });

  it.skipIf(uid !== 0).each<[FileKind, number]>([
    ['given-secret', 0o600],
    ['given', 0o644],
  ])('may be root for what is %s (skipped unless the test runs as root)', (kind, mode) => {
    expect(readTrustedFile(write(mode), stranger, kind)).toBe('text');
  });

  it('of another group must not read a secret', () => {
    const user = { uid, groups: [gid + 1] };
    refused(() => readTrustedFile(write(0o640), user, 'given-secret'), /another group/);
    expect(readTrustedFile(write(0o600), user, 'given-secret')).toBe('text');
  });
});

describe('is refused', () => {
  it('a folder', () => {
    mkdirSync(path('folder'));
    refused(() => readTrustedFile(path('folder'), self, 'own'), /not a regular file/);
  });
  it('a symbolic link, even to a good file', () => {
    symlinkSync(write(0o600), path('link'));
    refused(() => readTrustedFile(path('link'), self, 'own'), /ELOOP/);
  });
  it('a FIFO, without waiting for a writer', () => {
    execFileSync('mkfifo', ['-m', '600', path('fifo')]);
    refused(() => readTrustedFile(path('fifo'), self, 'own'), /not a regular file/);
  });
  it('a file beyond all measure', () => {
    const file = write(0o600, ' '.repeat(16 * 1024 + 1));
    refused(() => readTrustedFile(file, self, 'own'), /larger/);
  });
});

it('is null when there is none', () => {
  expect(readTrustedFile(path('nothing'), self, 'own')).toBeNull();
});

describe('a folder of one’s own', () => {
  it('may be missing, and is closed to others', () => {
    checkOwnFolder(path('nothing'), self);
    mkdirSync(path('folder'), { mode: 0o700 });
    checkOwnFolder(path('folder'), self);
    refused(() => checkOwnFolder(path('folder'), stranger), /another user/);
    chmodSync(path('folder'), 0o711);
    refused(() => checkOwnFolder(path('folder'), self), /mode must be 0700/);
    refused(() => checkOwnFolder(write(0o600), self), /not a folder/);
  });
});

describe('what it says', () => {
  const schema = z.strictObject({ name: z.string() });
  it('is parsed', () => {
    expect(parseTrusted('f', '{"name":"a"}', schema)).toEqual({ name: 'a' });
  });
  it('is not quoted when it is no JSON', () => {
    refused(() => parseTrusted('f', '{"name":"hunter2"', schema), /^f: is not JSON$/);
  });
  it('is told by the field when it does not fit', () => {
    expect(() => parseTrusted('f', '{"name":1}', schema)).toThrow(
      expect.objectContaining({
        code: 'config-invalid',
        detail: expect.stringMatching(/^f: name: /),
      }),
    );
  });
});
