import { describe, expect, it } from 'vitest';
import { aptLine, isOnPath, parseInstalled, parseStatus } from '../../../../src/setup/debian.mjs';

describe('parseInstalled', () => {
  it('takes packages that are installed, and not those that were removed or half installed', () => {
    const listing = 'make installed\ng++ config-files\nxvfb half-installed\nlibnss3 installed\n';
    expect(parseInstalled(listing)).toEqual(new Set(['make', 'libnss3']));
  });

  it('finds nothing in an empty listing', () => {
    expect(parseInstalled('')).toEqual(new Set());
  });
});

describe('parseStatus', () => {
  it('counts downloads as the first half and installing as the second', () => {
    expect(parseStatus('dlstatus:1:50.0:Retrieving file 3 of 9')).toEqual({
      fraction: 0.25,
      detail: 'Retrieving file 3 of 9',
    });
    expect(parseStatus('pmstatus:libc6:50.0:Unpacking libc6: amd64')).toEqual({
      fraction: 0.75,
      detail: 'Unpacking libc6: amd64',
    });
  });

  it.each(['pmerror:libc6:3.2:broken', 'media-change: insert disc', '', 'dlstatus'])(
    'leaves out "%s"',
    (line) => {
      expect(parseStatus(line)).toBeNull();
    },
  );
});

describe('aptLine', () => {
  it('is one line that can be pasted', () => {
    expect(aptLine(['xvfb', 'qemu-utils'])).toBe(
      'sudo apt-get install -y --no-install-recommends xvfb qemu-utils',
    );
  });
});

describe('isOnPath', () => {
  it('finds programs, and nothing that is none', () => {
    expect(isOnPath('sh', '/nowhere:/bin')).toBe(true);
    expect(isOnPath('passwd', '/etc')).toBe(false);
    expect(isOnPath('no-such-program', '/bin')).toBe(false);
  });
});
