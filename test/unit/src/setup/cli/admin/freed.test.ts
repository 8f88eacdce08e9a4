import { expect, it } from 'vitest';
import { freedText } from '../../../../../../src/setup/cli/admin/freed.ts';

const mib = 1024 ** 2;

it.each([
  [{ sessions: 0, disks: 1, diskBytes: 3 * mib, memoryBytes: 0 }, 'freed: 1 disk (3 MiB)\n'],
  [
    { sessions: 2, disks: 0, diskBytes: 0, memoryBytes: mib - 1 },
    'freed: 2 sessions, 0 disks (0 MiB), 1 MiB of memory\n',
  ],
])('what was freed is said in a line', (freed, line) => {
  expect(freedText(freed)).toBe(line);
});
