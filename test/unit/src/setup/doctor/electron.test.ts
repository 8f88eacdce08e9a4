import { expect, it } from 'vitest';
import { missingLibraries } from '../../../../../src/setup/doctor/electron.ts';

it('finds in the output of ldd what is missing', () => {
  const listing = `\tlinux-vdso.so.1 (0x00007ffd)
\tlibgtk-3.so.0 => not found
\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)
\tlibnss3.so => not found
\t/lib64/ld-linux-x86-64.so.2 (0x00007f)
`;
  expect(missingLibraries(listing)).toEqual(['libgtk-3.so.0', 'libnss3.so']);
  expect(missingLibraries('\tnot a dynamic executable\n')).toEqual([]);
});
