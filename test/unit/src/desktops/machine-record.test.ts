import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type MachineRecord,
  readRecord,
  writeRecord,
} from '../../../../src/desktops/machine-record.ts';
import { machineSpec } from './machine-spec.ts';
import { scratchFolder } from './scratch.ts';

const record: MachineRecord = {
  version: 2,
  spec: machineSpec({
    engine: 'full',
    network: { kind: 'allowed', destinations: ['intranet.example:443'] },
    disk: { kind: 'kept', path: '/data/disks/a.qcow2' },
  }),
  accelerator: 'tcg',
  process: { pid: 42, startTime: 4711 },
  progress: { stage: 'booting', ready: 'marker', origin: { kind: 'boot', reason: 'none fits' } },
};

describe('the record of a machine', () => {
  it('is read as it was written, and leaves no draft', async () => {
    const folder = await scratchFolder();
    const path = join(folder, 'machine.json');
    await writeRecord(path, { ...record, process: null, progress: { stage: 'beginning' } });
    await writeRecord(path, record);
    expect(await readRecord(path)).toEqual(record);
    expect(await readdir(folder)).toEqual(['machine.json']);
  });

  it('may be missing', async () => {
    expect(await readRecord(join(await scratchFolder(), 'machine.json'))).toBeNull();
  });

  it.each(['', '{"version":1', '{"version":1}', '{"version":2}', '[]'])(
    'is set aside when it is %j',
    async (text) => {
      const path = join(await scratchFolder(), 'machine.json');
      await writeFile(path, text);
      await expect(readRecord(path)).rejects.toMatchObject({ code: 'store-damaged' });
      expect(await readFile(`${path}.damaged`, 'utf8')).toBe(text);
      expect(await readRecord(path)).toBeNull();
    },
  );
});
