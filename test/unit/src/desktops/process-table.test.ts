import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isSameProcess, procTable, startTimeOf } from '../../../../src/desktops/process-table.ts';
import { scratchFolder } from './scratch.ts';

const stat = (state: string, startTime: string, name = 'qemu-system-x86') =>
  `12 (${name}) ${state} 1 12 12 0 -1 4194304 100 0 0 0 5 5 0 0 20 0 4 0 ${startTime} 900 100 0\n`;

describe('the table of processes', () => {
  it('reads the time of the start, whatever the name of the program', () => {
    expect(startTimeOf(stat('S', '4711'))).toBe(4711);
    expect(startTimeOf(stat('R', '4711', 'a) R 1 (b'))).toBe(4711);
  });

  it('does not count zombies, nor what it cannot read', () => {
    expect(startTimeOf(stat('Z', '4711'))).toBeNull();
    expect(startTimeOf('')).toBeNull();
  });

  it('lists what runs, with its arguments', async () => {
    const root = await scratchFolder();
    await fakeProcess(root, '12', stat('S', '4711'), 'qemu\0-name\0a b\0');
    await fakeProcess(root, '13', stat('Z', '4712'), '');
    await mkdir(join(root, '14'));
    await mkdir(join(root, 'sys'));
    expect(await procTable(root).all()).toEqual([
      { pid: 12, startTime: 4711, argv: ['qemu', '-name', 'a b'] },
    ]);
    expect(await procTable(root).find(14)).toBeNull();
  });

  it('tells a process from the next one with its number', () => {
    const entry = { pid: 12, startTime: 4711, argv: [] };
    expect(isSameProcess(entry, { pid: 12, startTime: 4711 })).toBe(true);
    expect(isSameProcess(entry, { pid: 12, startTime: 4712 })).toBe(false);
    expect(isSameProcess(null, { pid: 12, startTime: 4711 })).toBe(false);
  });
});

async function fakeProcess(root: string, pid: string, stat: string, cmdline: string) {
  await mkdir(join(root, pid));
  await writeFile(join(root, pid, 'stat'), stat);
  await writeFile(join(root, pid, 'cmdline'), cmdline);
}
