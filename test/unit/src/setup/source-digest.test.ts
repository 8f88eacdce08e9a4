import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf, whenChanged } from '../../../../src/setup/source-digest.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'digest-'));
  mkdirSync(join(root, 'src'));
  writeFileSync(join(root, 'src/a'), 'a');
  writeFileSync(join(root, 'src/b'), 'b');
});
afterEach(() => rmSync(root, { recursive: true }));

describe('digestOf', () => {
  it('is the same for the same files, in whatever order they are named', () => {
    const digest = digestOf(root, ['src/a', 'src/b']);
    expect(digestOf(root, ['src'])).toBe(digest);
    expect(digestOf(root, ['src/b', 'src/a'])).toBe(digest);
  });

  it.each([
    ['contents', () => writeFileSync(join(root, 'src/a'), 'A')],
    ['a file more', () => writeFileSync(join(root, 'src/c'), '')],
    ['a file less', () => rmSync(join(root, 'src/b'))],
    [
      'contents moved between files',
      () => {
        writeFileSync(join(root, 'src/a'), 'b');
        writeFileSync(join(root, 'src/b'), 'a');
      },
    ],
  ])('changes with %s', (_what, change) => {
    const before = digestOf(root, ['src']);
    change();
    expect(digestOf(root, ['src'])).not.toBe(before);
  });

  it('changes with the facts, also where only their boundary moves', () => {
    const digests = [[], ['ab'], ['a', 'b'], ['b', 'a']].map((facts) => digestOf(root, [], facts));
    expect(new Set(digests).size).toBe(4);
  });
});

describe('whenChanged', () => {
  it('runs a step once for a digest', async () => {
    const stamp = join(root, 'out/.digest');
    let runs = 0;
    const step = async () => {
      runs += 1;
    };
    expect(await whenChanged(stamp, '1', step)).toBe(true);
    expect(await whenChanged(stamp, '1', step)).toBe(false);
    expect(await whenChanged(stamp, '2', step)).toBe(true);
    expect(runs).toBe(2);
  });

  it('runs it again after a failure, even if it was finished before that', async () => {
    const stamp = join(root, '.digest');
    const fails = () => Promise.reject(new Error('interrupted'));
    await whenChanged(stamp, '1', async () => undefined);
    await expect(whenChanged(stamp, '2', fails)).rejects.toThrow('interrupted');
    expect(await whenChanged(stamp, '1', async () => undefined)).toBe(true);
  });
});
