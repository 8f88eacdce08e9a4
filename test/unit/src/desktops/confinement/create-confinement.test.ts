import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Reach } from '../../../../../src/desktops/confinement/confinement.ts';
import {
  type ConfinementOptions,
  createConfinement,
} from '../../../../../src/desktops/confinement/create-confinement.ts';
import { findProgram } from '../../../../../src/desktops/confinement/find-program.ts';
import { scratchFolder } from '../scratch.ts';

const reach: Reach = {
  ...{ machineId: 'machine', writable: [], readable: [], devices: [], proxySocket: null },
};

/** A host with these programs, each of which fails at whatever it is asked to do. */
async function host(programs: string[], options: Partial<ConfinementOptions> = {}) {
  const searchPath = await scratchFolder();
  for (const name of programs) {
    const script = '#!/bin/sh\necho "$0 is not allowed" >&2\nexit 1\n';
    await writeFile(join(searchPath, name), script, { mode: 0o755 });
  }
  const confinement = createConfinement({ uid: 1000, platform: 'linux', searchPath, ...options });
  return { searchPath, confinement };
}

describe('without bubblewrap', () => {
  it('root runs no guest', async () => {
    const { confinement } = await host(['qemu', 'setpriv'], { uid: 0 });
    await expect(confinement.wrap({ program: 'qemu', args: [] }, reach)).rejects.toMatchObject({
      code: 'sandbox-missing',
      detail: expect.stringContaining('there is no bubblewrap'),
    });
  });

  it('a plain user runs it with what rights there are, and is told', async () => {
    const { confinement, searchPath } = await host(['qemu', 'setpriv']);
    const command = await confinement.wrap({ program: 'qemu', args: ['-m', '64'] }, reach);
    expect(command).toMatchObject({
      program: join(searchPath, 'setpriv'),
      args: ['--no-new-privs', join(searchPath, 'qemu'), '-m', '64'],
      how: expect.stringContaining('there is no bubblewrap'),
    });
  });

  it('no guest has a network', async () => {
    const { confinement } = await host(['qemu']);
    const wrapped = confinement.wrap(
      { program: 'qemu', args: [] },
      { ...reach, proxySocket: '/run/proxy' },
    );
    await expect(wrapped).rejects.toMatchObject({ code: 'sandbox-missing' });
  });
});

describe('with a bubblewrap that does not work', () => {
  it('root runs no guest, and says what bubblewrap said', async () => {
    const { confinement } = await host(['qemu', 'bwrap', 'setpriv'], { uid: 0 });
    await expect(confinement.wrap({ program: 'qemu', args: [] }, reach)).rejects.toMatchObject({
      code: 'sandbox-missing',
      detail: expect.stringContaining('is not allowed'),
    });
  });
});

describe('on other systems', () => {
  it('the command is as it was', async () => {
    const { confinement, searchPath } = await host(['qemu', 'setpriv', 'bwrap'], {
      ...{ uid: 501, platform: 'darwin' },
    });
    const command = await confinement.wrap({ program: 'qemu', args: ['-m', '64'] }, reach);
    expect(command).toMatchObject({ program: join(searchPath, 'qemu'), args: ['-m', '64'] });
  });
});

describe('a program', () => {
  it('that is not there is missed before anything is started', async () => {
    const { confinement } = await host([]);
    await expect(
      confinement.wrap({ program: '/nowhere/qemu', args: [] }, reach),
    ).rejects.toMatchObject({ code: 'tool-missing', detail: '/nowhere/qemu' });
  });

  it('is looked for in absolute folders alone', async () => {
    const { searchPath } = await host(['qemu']);
    expect(await findProgram('qemu', `:.:${searchPath}`)).toBe(join(searchPath, 'qemu'));
    await writeFile(join(searchPath, 'data'), '', { mode: 0o644 });
    expect(await findProgram('data', searchPath)).toBeNull();
  });
});
