import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { StoredImage } from '../../../../../src/desktops/images/stored-image.ts';
import { QemuDriver } from '../../../../../src/desktops/qemu/driver.ts';
import { machinePaths } from '../../../../../src/desktops/qemu/machine-paths.ts';
import type { ReadyTemplate, Templates } from '../../../../../src/desktops/templates/template.ts';
import { withoutTemplates } from '../../../../../src/desktops/templates/without-templates.ts';
import { FakeClock } from '../../../../fakes/fake-clock.ts';
import { machineSpec } from '../machine-spec.ts';
import { scratchFolder } from '../scratch.ts';
import { silentLog } from '../silent-log.ts';

const { signal } = new AbortController();

describe('a machine on QEMU', () => {
  it('boots when nothing else is wanted', async () => {
    const { driver, paths } = await open();
    const beginning = await driver.begin(machineSpec(), paths, signal);
    expect(beginning).toMatchObject({ origin: { kind: 'boot', reason: '' }, restore: null });
    expect(await readFile(paths.disk, 'utf8')).toBe('overlay');
  });

  it('says why it is no clone', async () => {
    const { driver, paths } = await open();
    const { origin } = await driver.begin(machineSpec({ clone: true }), paths, signal);
    expect(origin).toEqual({ kind: 'boot', reason: 'none was made' });
  });

  it('is a clone where there is a template, on a copy of its blank disk', async () => {
    const { driver, paths } = await open({ hasTemplate: true });
    const beginning = await driver.begin(machineSpec({ clone: true }), paths, signal);
    expect(beginning.origin).toEqual({ kind: 'clone', template: 'template-1' });
    expect(beginning.restore).not.toBeNull();
    expect(await readFile(paths.disk, 'utf8')).toBe('blank');
  });

  it('boots from a disk of its own, which is made once', async () => {
    const { driver, paths, folder } = await open({ hasTemplate: true });
    const path = join(folder, 'kept.qcow2');
    const wanted = machineSpec({ clone: true, disk: { kind: 'kept', path } });
    const { origin } = await driver.begin(wanted, paths, signal);
    expect(origin).toEqual({ kind: 'boot', reason: 'it has a disk of its own' });
    expect(await readFile(path, 'utf8')).toBe('overlay');
    await writeFile(path, 'written by the guest');
    await driver.begin(wanted, paths, signal);
    expect(await readFile(path, 'utf8')).toBe('written by the guest');
    await expect(access(paths.disk)).rejects.toThrow('ENOENT');
  });

  it("isn't woken when what its disk lies on is gone", async () => {
    const { driver, paths } = await open();
    const origin = { kind: 'clone', template: 'template-0' } as const;
    await expect(driver.wake(machineSpec(), paths, origin, signal)).rejects.toMatchObject({
      code: 'guest-failed',
      detail: expect.stringContaining('template'),
    });
  });
});

/** A driver with images and templates that are files with a word in them. */
async function open({ hasTemplate = false } = {}) {
  const folder = await scratchFolder();
  const paths = { ...machinePaths({ dataDir: folder, runtimeDir: folder }, 'x') };
  const blankOverlay = join(folder, 'blank');
  await writeFile(blankOverlay, 'blank');
  const template: ReadyTemplate = {
    ...{ id: 'template-1', memory: -1, stateFile: join(folder, 'state'), blankOverlay },
    readFiles: [],
  };
  const none = withoutTemplates('none was made');
  const templates: Templates = hasTemplate ? { ...none, find: async () => ({ template }) } : none;
  const driver = new QemuDriver({
    ...{ clock: new FakeClock(), log: silentLog, qemu: 'qemu', accelerator: 'tcg', templates },
    keyboard: 'us',
    processes: { find: async () => null, all: async () => [] },
    images: {
      find: async () => image,
      createOverlay: (_, path) => writeFile(path, 'overlay'),
    },
    confinement: {
      wrap: async ({ program, args }) => ({ program, args: [...args], how: 'not at all' }),
      release: async () => undefined,
    },
  });
  return { driver, folder, paths: { ...paths, disk: join(folder, 'disk.qcow2') } };
}

const image: StoredImage = {
  dir: '/images/x',
  manifest: {
    version: 1,
    id: '8a7c1a52-2b1f-4b7e-9d5e-0c7b4d1f3a90',
    name: 'a',
    title: 'A',
    kind: 'built',
    imageVersion: 1,
    boot: { kind: 'disk' },
    disk: { file: 'disk.qcow2', format: 'qcow2' },
    ready: 'marker',
    files: {},
    created: '2026-01-01T00:00:00Z',
  },
};
