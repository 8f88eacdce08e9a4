import { describe, expect, it } from 'vitest';
import { findHierarchies } from '../../../../../src/desktops/accounting/group-hierarchies.ts';
import {
  settingsOf,
  weightSetting,
} from '../../../../../src/desktops/accounting/group-settings.ts';

describe('the hierarchies of control groups', () => {
  it('are found by what is mounted, with the own group in each', () => {
    const mounts = `tmpfs /sys/fs/cgroup tmpfs rw,relatime,mode=755 0 0
cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,relatime,cpu,cpuacct 0 0
cgroup /sys/fs/cgroup/cpuset cgroup rw,relatime,cpuset 0 0
cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0
`;
    const own = '9:name=systemd:/a\n4:memory:/box/one\n2:cpu,cpuacct:/\n0::/user.slice\n';
    expect(findHierarchies(mounts, own)).toEqual([
      { version: 1, controllers: ['cpu'], mount: '/sys/fs/cgroup/cpu,cpuacct', own: '/' },
      { version: 1, controllers: ['memory'], mount: '/sys/fs/cgroup/memory', own: '/box/one' },
      { version: 2, controllers: [], mount: '/sys/fs/cgroup/unified', own: '/user.slice' },
    ]);
  });
});

describe('what is written for limits', () => {
  const limits = { cpuWeight: 50, cpus: 0.5, memoryBytes: 4096, processes: 10 };

  it('of version 1 keeps memory and swap together at the limit', () => {
    expect(settingsOf('memory', 1, limits).map(({ file, text }) => `${file} ${text}`)).toEqual([
      'memory.memsw.limit_in_bytes -1',
      'memory.limit_in_bytes 4096',
      'memory.memsw.limit_in_bytes 4096',
    ]);
    expect(settingsOf('cpu', 1, limits).map(({ file, text }) => `${file} ${text}`)).toEqual([
      'cpu.shares 512',
      'cpu.cfs_period_us 100000',
      'cpu.cfs_quota_us 50000',
    ]);
  });

  it('lifts limits that are null', () => {
    const none = { ...limits, memoryBytes: null, processes: null };
    expect(settingsOf('memory', 1, none).map(({ text }) => text)).toEqual(['-1', '-1', '-1']);
    expect(settingsOf('memory', 2, none)[0]).toEqual({ file: 'memory.max', text: 'max' });
    expect(settingsOf('pids', 1, none)).toEqual([{ file: 'pids.max', text: 'max' }]);
  });

  it('stays within what the kernel takes as a weight', () => {
    expect(weightSetting(1, 100).text).toBe('1024');
    expect(weightSetting(1, 0.01).text).toBe('2');
    expect(weightSetting(1, 100_000).text).toBe('262144');
    expect(weightSetting(2, 100_000).text).toBe('10000');
  });
});
