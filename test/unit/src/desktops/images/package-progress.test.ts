import { describe, expect, it } from 'vitest';
import { PackageProgress } from '../../../../../src/desktops/images/package-progress.ts';

/** What mmdebstrap 1.3 says, shortened. */
const transcript = [
  'I: automatically chosen mode: root',
  'I: running apt-get update...',
  'Get:1 http://deb.debian.org/debian bookworm InRelease [151 kB]',
  'I: downloading packages with apt...',
  '0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded.',
  'Get:1 http://deb.debian.org/debian bookworm/main amd64 gcc-12-base amd64 12.2.0-14 [37.6 kB]',
  'Get:2 http://deb.debian.org/debian bookworm/main amd64 libc6 amd64 2.36-9 [2758 kB]',
  'I: installing essential packages...',
  'Unpacking gcc-12-base:amd64 (12.2.0-14) ...',
  'Unpacking libc6:amd64 (2.36-9) ...',
  'Setting up gcc-12-base:amd64 (12.2.0-14) ...',
  'Setting up libc6:amd64 (2.36-9) ...',
  '0 upgraded, 1 newly installed, 0 to remove and 0 not upgraded.',
  'Get:1 http://deb.debian.org/debian bookworm/main amd64 jwm amd64 2.4.3-1 [200 kB]',
  'Unpacking jwm (2.4.3-1) ...',
  'Setting up jwm (2.4.3-1) ...',
  'I: creating tarball...',
  'I: success in 61.8 seconds',
];

describe('the progress of mmdebstrap', () => {
  const progress = new PackageProgress();
  const steps = transcript.map((line) => progress.read(line)).filter((step) => step !== null);

  it('only grows, and stays within 0 and 1', () => {
    const fractions = steps.map(({ fraction }) => fraction);
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
    expect(fractions[0]).toBeGreaterThan(0);
    expect(fractions.at(-1)).toBeLessThan(1);
  });

  it('names what is being done', () => {
    expect(steps.map(({ message }) => message)).toEqual([
      'Reading the package lists',
      'Fetching gcc-12-base',
      'Fetching libc6',
      'Unpacking gcc-12-base',
      'Unpacking libc6',
      'Setting up gcc-12-base',
      'Setting up libc6',
      'Fetching jwm',
      'Unpacking jwm',
      'Setting up jwm',
      'Packing the root archive',
    ]);
  });

  it('stays where it is when there are more steps than were announced', () => {
    const surprised = new PackageProgress();
    surprised.read('0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.');
    surprised.read('Setting up a (1) ...');
    expect(surprised.read('Setting up b (1) ...')?.fraction).toBeCloseTo(0.3, 10);
  });
});
