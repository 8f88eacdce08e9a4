import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  probeMerging,
  probeSealing,
  probeUserNamespaces,
  probeWayOut,
} from '../../../../../src/setup/doctor/isolation.ts';
import { isolationChecks } from '../../../../../src/setup/doctor/isolation-checks.ts';
import { scratchFolder } from '../../desktops/scratch.ts';

const deps = {
  uid: 1000,
  platform: 'linux',
  searchPath: '',
  install: () => 'Install it.',
} as const;

/** A folder with a program of this name that does what the script says. */
async function folderWith(name: string, script: string): Promise<string> {
  const folder = await scratchFolder();
  await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, name), 0o755);
  return folder;
}

describe('the rows', () => {
  const needed = (uid: number) =>
    isolationChecks({ ...deps, uid })
      .filter((check) => check.needed)
      .map(({ name }) => name);

  it('need more where root runs the broker', () => {
    expect(needed(1000)).toEqual(['bubblewrap']);
    expect(needed(0)).toEqual(['bubblewrap', 'setpriv', 'Confinement']);
  });

  it('are none where there is no Linux', () => {
    expect(isolationChecks({ ...deps, platform: 'darwin' })).toEqual([]);
  });
});

describe('user namespaces', () => {
  it('are there when one could be made', async () => {
    expect(await probeUserNamespaces(await folderWith('bwrap', 'exit 0'))).toMatchObject({
      ok: true,
    });
  });

  it('are not when bwrap says so, in its words', async () => {
    const folder = await folderWith('bwrap', 'echo "bwrap: No permissions" >&2; exit 1');
    expect(await probeUserNamespaces(folder)).toEqual({
      ok: false,
      found: 'bwrap: No permissions',
    });
  });

  it('are not tried without bwrap', async () => {
    expect(await probeUserNamespaces(await scratchFolder())).toMatchObject({ ok: false });
  });
});

it('finds socat without running it', async () => {
  const folder = await folderWith('socat', 'exit 1');
  expect(await probeWayOut(folder)).toEqual({ ok: true, found: `socat at ${folder}/socat` });
  expect(await probeWayOut(await scratchFolder())).toMatchObject({ ok: false });
});

it('says where memory cannot be sealed', async () => {
  expect(await probeSealing('win32')).toEqual({
    ok: false,
    found: 'win32 has no memory that can be sealed',
  });
});

describe('merging', () => {
  it.each([
    ['1\n', { ok: true, found: 'KSM is on' }],
    ['0\n', { ok: true, found: 'KSM is off' }],
    ['2\n', { ok: true, found: 'KSM is off' }],
  ])('reads %j', async (text, finding) => {
    const folder = await scratchFolder();
    await writeFile(join(folder, 'run'), text);
    expect(await probeMerging(folder)).toEqual(finding);
  });

  it('knows a kernel without', async () => {
    expect(await probeMerging(await scratchFolder())).toMatchObject({ ok: false });
  });
});
