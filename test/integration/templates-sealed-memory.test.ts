import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { fstatSync, ftruncateSync, readSync, statSync, writeSync } from 'node:fs';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSuccessfully } from '../../src/desktops/command.ts';
import { type SealedMemory, sealing } from '../../src/desktops/templates/sealed-memory.ts';
import { until } from '../fakes/until.ts';

const mib = 1024 * 1024;
const size = 16 * mib;
const folder = await mkdtemp(join(tmpdir(), 'sealed-'));
const file = join(folder, 'memory');
const { signal } = new AbortController();
let memory: SealedMemory;

beforeAll(async () => {
  const able = await sealing();
  if (able.kind === 'impossible') throw new Error(able.reason);
  await writeFile(file, 'the first page');
  await truncate(file, size);
  memory = await able.sealer.seal(file, signal);
});

afterAll(async () => {
  await memory.dispose();
  await rm(folder, { recursive: true });
});

describe('the copy', () => {
  it('is the file, and its checksum is of what was copied', async () => {
    const content = Buffer.alloc(size);
    expect(readSync(memory.descriptor, content, 0, size, 0)).toBe(size);
    expect(content.equals(await readFile(file))).toBe(true);
    const sha256 = createHash('sha256').update(content).digest('hex');
    expect(memory.checksum).toEqual({ sha256, size });
  });

  it('takes no memory for what is zero', () => {
    expect(fstatSync(memory.descriptor).blocks * 512).toBeLessThanOrEqual(64 * 1024);
  });
});

describe('once sealed, whoever holds the descriptor', () => {
  it('writes nothing', () => {
    expect(() => writeSync(memory.descriptor, 'x', 0)).toThrow(/EPERM/);
  });

  it('changes no size', () => {
    expect(() => ftruncateSync(memory.descriptor, size - 1)).toThrow(/EPERM/);
    expect(() => ftruncateSync(memory.descriptor, size + 1)).toThrow(/EPERM/);
  });

  it('punches no holes', async () => {
    const path = `/proc/${process.pid}/fd/${memory.descriptor}`;
    const punch = runSuccessfully('fallocate', [
      '--punch-hole',
      '--offset',
      '0',
      '--length',
      '4096',
      path,
    ]);
    await expect(punch).rejects.toThrow(/not permitted/i);
  });

  it('opens it anew and still writes nothing', async () => {
    const path = `/proc/${process.pid}/fd/${memory.descriptor}`;
    await expect(writeFile(path, 'x', { flag: 'r+' })).rejects.toMatchObject({ code: 'EPERM' });
  });
});

describe('QEMU', () => {
  const qemu = (share: 'on' | 'off') =>
    spawn(
      'qemu-system-x86_64',
      [
        ...['-nodefaults', '-display', 'none', '-nic', 'none', '-accel', 'tcg'],
        ...['-machine', 'pc,memory-backend=memory', '-m', '16M'],
        ...[
          '-object',
          `memory-backend-file,id=memory,size=16M,mem-path=/proc/self/fd/3,share=${share}`,
        ],
        ...['-chardev', `file,id=firmware,path=${join(folder, 'firmware')}`],
        ...['-device', 'isa-debugcon,iobase=0x402,chardev=firmware'],
      ],
      { stdio: ['ignore', 'ignore', 'pipe', memory.descriptor] },
    );

  it('runs a guest on it, whose writes are its own', async () => {
    const guest = qemu('off');
    try {
      // The firmware keeps its notes in memory, and says here that it has.
      const said = () => statSync(join(folder, 'firmware'), { throwIfNoEntry: false })?.size ?? 0;
      await until('the firmware has spoken', () => said() > 500);
      expect(guest.exitCode).toBe(null);
    } finally {
      guest.kill('SIGKILL');
      await once(guest, 'exit');
    }
    const content = Buffer.alloc(size);
    readSync(memory.descriptor, content, 0, size, 0);
    expect(content.equals(await readFile(file))).toBe(true);
  });

  it('may not share it', async () => {
    const guest = qemu('on');
    if (guest.stderr === null) throw new Error('no words');
    const [words, [code]] = await Promise.all([text(guest.stderr), once(guest, 'exit')]);
    expect(code).toBe(1);
    expect(words).toMatch(/Operation not permitted/);
  });
});

it('keeps the memory of those who have mapped it when it is let go', async () => {
  const able = await sealing();
  if (able.kind === 'impossible') throw new Error(able.reason);
  const other = await able.sealer.seal(file, signal);
  const child = spawn('sleep', ['60'], { stdio: ['ignore', 'ignore', 'ignore', other.descriptor] });
  try {
    await other.dispose();
    expect(() => fstatSync(other.descriptor)).toThrow(/EBADF/);
    const kept = await readFile(pathToFileURL(`/proc/${child.pid}/fd/3`));
    expect(kept.subarray(0, 14).toString()).toBe('the first page');
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

it('is said to be impossible elsewhere', async () => {
  expect(await sealing('darwin')).toEqual({
    kind: 'impossible',
    reason: 'darwin has no memory that can be sealed',
  });
});
