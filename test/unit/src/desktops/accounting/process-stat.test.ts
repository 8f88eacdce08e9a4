import { describe, expect, it } from 'vitest';
import { parseProcessStat } from '../../../../../src/desktops/accounting/process-stat.ts';
import { treeOf } from '../../../../../src/desktops/accounting/process-tree.ts';

const recorded =
  '9736 (a) R 1 (b) S 9723 9723 6420 0 -1 4194304 98 0 0 0 250 50 100 25 20 0 1 0 2510649 3133440 380 18446744073709551615 94509265469440 94509265489321 140727344117616 0 0\n';

describe('a line of /proc/PID/stat', () => {
  it('gives parent, start and the time of all processors, whatever the name', () => {
    expect(parseProcessStat(recorded)).toEqual({
      pid: 9736,
      parent: 9723,
      startTime: 2_510_649,
      cpuSeconds: 4.25,
    });
  });

  it('counts a zombie, whose time nobody has taken over yet', () => {
    expect(parseProcessStat(recorded.replace(' S 9723', ' Z 9723'))?.cpuSeconds).toBe(4.25);
  });

  it.each(['', '12 (cut', '12 (cut) S 1 2 3'])('is null for %j', (text) => {
    expect(parseProcessStat(text)).toBeNull();
  });
});

describe('the tree of a process', () => {
  const of = (pid: number, parent: number) => ({ pid, parent, startTime: pid * 10, cpuSeconds: 1 });
  const all = [of(1, 0), of(5, 1), of(6, 5), of(7, 6), of(8, 1), of(9, 5)];

  it('has all that descend from it, the outermost first', () => {
    const pids = treeOf(all, { pid: 5, startTime: 50 }).map(({ pid }) => pid);
    expect(pids[0]).toBe(5);
    expect(pids.toSorted()).toEqual([5, 6, 7, 9]);
  });

  it('is empty for another process with the same number', () => {
    expect(treeOf(all, { pid: 5, startTime: 51 })).toEqual([]);
  });
});
