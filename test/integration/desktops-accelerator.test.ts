import { access, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/contract/clock.ts';
import { probeAccelerator } from '../../src/desktops/accelerator.ts';
import { runProbe } from '../../src/desktops/probe/probe-run.ts';

const qemu = 'qemu-system-x86_64';
const cacheDir = await mkdtemp(join(tmpdir(), 'porthole-accelerator-'));
const hasKvm = await access('/dev/kvm').then(
  () => true,
  () => false,
);

afterAll(() => rm(cacheDir, { recursive: true }));

describe('the test guest', () => {
  it('gets through all of its stages under emulation, and leaves nothing behind', async () => {
    const before = await probeFolders();
    const run = await runProbe(qemu, 'tcg', { limitMs: 20_000, clock: systemClock });
    expect(run).toMatchObject({ outcome: 'finished', reached: 'LMT' });
    expect(await probeFolders()).toEqual(before);
  });

  it('is ended at the limit', async () => {
    const run = await runProbe(qemu, 'tcg', { limitMs: 1, clock: systemClock });
    expect(run.outcome).toBe('stalled');
    expect(run.reached).not.toContain('T');
  });

  it('says when there is no QEMU', async () => {
    const probe = runProbe('/nowhere/qemu', 'tcg', { limitMs: 1000, clock: systemClock });
    await expect(probe).rejects.toMatchObject({ code: 'qemu-missing' });
    await expect(
      probeAccelerator({ qemu: '/nowhere/qemu', cacheDir, platform: 'darwin' }),
    ).rejects.toMatchObject({ code: 'qemu-missing' });
  });
});

describe('the accelerator of this machine', () => {
  it.skipIf(!hasKvm)(
    `is one that ran the guest, and is remembered${hasKvm ? '' : ' (skipped: there is no /dev/kvm)'}`,
    async () => {
      const verdict = await probeAccelerator({ qemu, cacheDir });
      expect(verdict.accelerator).toBe(
        verdict.proof.startsWith('KVM ran the test guest') ? 'kvm' : 'tcg',
      );
      expect(await probeAccelerator({ qemu, cacheDir })).toEqual(verdict);

      const file = join(cacheDir, 'accelerator.json');
      const cache = JSON.parse(await readFile(file, 'utf8'));
      await writeFile(file, JSON.stringify({ ...cache, key: 'another kernel' }));
      const again = await probeAccelerator({ qemu, cacheDir });
      expect(again.probedAt).not.toBe(verdict.probedAt);
      await writeFile(file, 'damaged');
      expect((await probeAccelerator({ qemu, cacheDir })).probedAt).not.toBe(again.probedAt);
    },
  );

  it('is emulation on systems that QEMU has no accelerator for', async () => {
    const verdict = await probeAccelerator({ qemu, cacheDir, platform: 'aix' });
    expect(verdict.accelerator).toBe('tcg');
    expect(verdict.proof).toContain('aix');
  });
});

async function probeFolders(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith('porthole-probe-'));
}
