import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findLeftovers } from '../../../../src/desktops/leftovers.ts';
import { writeRecord } from '../../../../src/desktops/machine-record.ts';
import type { ProcessEntry } from '../../../../src/desktops/process-table.ts';
import { machinePaths, machinesFolder } from '../../../../src/desktops/qemu/machine-paths.ts';
import { machineSpec } from './machine-spec.ts';
import { scratchFolder } from './scratch.ts';

const recorded = '00000000-0000-4000-8000-000000000001';
const unrecorded = '00000000-0000-4000-8000-000000000002';
const damaged = '00000000-0000-4000-8000-000000000003';
const ended = '00000000-0000-4000-8000-000000000004';

describe('what an earlier broker left', () => {
  it('is found by records and by processes, and nothing else is taken for it', async () => {
    const dataDir = await scratchFolder();
    const folders = { dataDir, runtimeDir: '/run/p' };
    await mkdir(machinesFolder(dataDir));
    for (const id of [recorded, damaged, ended]) await mkdir(machinePaths(folders, id).folder);
    await writeRecord(machinePaths(folders, recorded).record, {
      version: 2,
      spec: machineSpec({ id: recorded }),
      accelerator: 'tcg',
      process: { pid: 6, startTime: 6 },
      progress: { stage: 'at-work', origin: { kind: 'boot', reason: '' } },
    });
    await writeFile(machinePaths(folders, recorded).savedState, '');
    await writeFile(machinePaths(folders, damaged).record, 'what?');

    const ours = process(7, qemu(unrecorded, machinePaths(folders, unrecorded).pidFile));
    const confining = qemu(recorded, machinePaths(folders, recorded).pidFile);
    // What confines a guest has its words too; the one that was written down is the outermost.
    const nested = [process(5, confining), process(6, ['bwrap', ...confining])];
    const younger = process(8, ours.argv);
    const others = [
      process(8, qemu('x', '/elsewhere/machines/x/qemu.pid')),
      process(9, ['grep', '--', '-pidfile', machinePaths(folders, recorded).pidFile]),
      process(10, qemu('x', `${dirname(dataDir)}/machines/x/qemu.pid`)),
      process(11, ['qemu', '-pidfile']),
      process(12, []),
    ];
    const processes = {
      find: async () => null,
      all: async () => [...others, younger, ...nested, ours],
    };
    const complaints: string[] = [];
    const leftovers = await findLeftovers(folders, processes, (id) => complaints.push(id));

    const byId = new Map(leftovers.map((leftover) => [leftover.id, leftover]));
    expect([...byId.keys()].toSorted()).toEqual([recorded, unrecorded, damaged]);
    expect(byId.get(recorded)).toMatchObject({
      record: { spec: { id: recorded } },
      process: { pid: 6 },
      isSaved: true,
    });
    expect(byId.get(unrecorded)).toMatchObject({ process: ours, isSaved: false });
    expect(byId.get(damaged)).toMatchObject({ record: null, process: null });
    expect(complaints).toEqual([damaged]);
  });
});

function process(pid: number, argv: string[]): ProcessEntry {
  return { pid, startTime: pid, argv };
}

function qemu(id: string, pidFile: string): string[] {
  return ['qemu', '-name', `porthole-${id}`, '-pidfile', pidFile];
}
