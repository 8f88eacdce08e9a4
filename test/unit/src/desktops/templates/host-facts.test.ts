import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cpuOf } from '../../../../../src/desktops/templates/host-facts.ts';
import { qemuVersionOf } from '../../../../../src/desktops/templates/qemu-version.ts';
import { scratchFolder } from '../scratch.ts';

const x86 = (flags: string, mhz = '2596.150') => `processor\t: 0
vendor_id\t: AuthenticAMD
model name\t: AMD EPYC: the third
cpu MHz\t\t: ${mhz}
flags\t\t: ${flags}

processor\t: 1
model name\t: another
`;

describe('cpuOf', () => {
  it('is the same whatever the clock, and another with another feature', () => {
    const cpu = cpuOf(x86('fpu vme sse2'));
    expect(cpu).toMatch(/^AMD EPYC: the third, features [0-9a-f]{16}$/);
    expect(cpuOf(x86('fpu vme sse2', '1200.000'))).toBe(cpu);
    expect(cpuOf(x86('fpu vme'))).not.toBe(cpu);
  });

  it('knows the fields of ARM', () => {
    const arm = (part: string) => `processor\t: 0\nFeatures\t: fp asimd\nCPU part\t: ${part}\n`;
    expect(cpuOf(arm('0xd0c'))).toMatch(/^0xd0c, features [0-9a-f]{16}$/);
    expect(cpuOf(arm('0xd40'))).not.toBe(cpuOf(arm('0xd0c')));
  });

  it('is something where nothing is known', () => {
    expect(cpuOf('')).toMatch(/^unknown/);
  });
});

describe('qemuVersionOf', () => {
  const program = (folder: string, version: string) =>
    writeFile(join(folder, 'qemu'), `#!/bin/sh\necho asked >> ${folder}/asked\necho ${version}\n`);

  it('asks once, and again when the file is another', async () => {
    const folder = await scratchFolder();
    await program(folder, '1.0');
    await chmod(join(folder, 'qemu'), 0o755);
    const version = qemuVersionOf('qemu', folder);
    expect([await version(), await version()]).toEqual(['1.0', '1.0']);
    expect(await readFile(join(folder, 'asked'), 'utf8')).toBe('asked\n');
    await program(folder, '2.0.1');
    expect(await version()).toBe('2.0.1');
  });

  it('says that QEMU is missing', async () => {
    const version = qemuVersionOf('qemu', await scratchFolder());
    await expect(version()).rejects.toMatchObject({ code: 'qemu-missing' });
  });
});
