import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type MachineRecord,
  readRecord,
  writeRecord,
} from '../../../../src/desktops/machine-record.ts';
import { scratchFolder } from './scratch.ts';

const record: MachineRecord = {
  version: 1,
  spec: {
    id: '8a7c1a52-2b1f-4b7e-9d5e-0c7b4d1f3a90',
    image: 'porthole-desktop',
    engine: 'full',
    memoryMb: 512,
    cpus: 1,
  },
  accelerator: 'tcg',
  ready: 'marker',
  process: { pid: 42, startTime: 4711 },
};

describe('the record of a machine', () => {
  it('is read as it was written, and leaves no draft', async () => {
    const folder = await scratchFolder();
    const path = join(folder, 'machine.json');
    await writeRecord(path, { ...record, process: null });
    await writeRecord(path, record);
    expect(await readRecord(path)).toEqual(record);
    expect(await readdir(folder)).toEqual(['machine.json']);
  });

  it('may be missing', async () => {
    expect(await readRecord(join(await scratchFolder(), 'machine.json'))).toBeNull();
  });

  it.each(['', '{"version":1', '{"version":2}', '[]'])(
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
