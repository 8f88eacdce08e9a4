import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { parseConfig } from '../../src/broker/config.ts';
import { openImages } from '../../src/broker/images.ts';
import { createLog } from '../../src/broker/log.ts';
import { type OpenedHost, openHost } from '../../src/broker/open-host.ts';
import { systemClock } from '../../src/contract/clock.ts';
import type { Host } from '../../src/desktops/engine.ts';
import { emptyImage, Fixture, reaches, spec } from './desktops-fixture.ts';

let fixture: Fixture;
let opened: OpenedHost | null = null;
beforeEach(async () => {
  fixture = await Fixture.make();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await opened?.host.dispose();
  await opened?.close();
  opened = null;
  expect(await fixture.held()).toEqual([]);
  await fixture.dispose();
});

/** The host as a broker opens it that was started alone. */
async function hostHere(): Promise<Host> {
  const { folder, dataDir, runtimeDir } = fixture;
  const config = parseConfig({}, { dataDir, runtimeDir, cacheDir: folder });
  const log = createLog({ write: () => undefined });
  const images = openImages(folder, systemClock);
  opened = await openHost(config, { log, clock: systemClock, images, onPressure: () => undefined });
  return opened.host;
}

it('makes no desktop of an image of which one byte has changed', async () => {
  const { dir, manifest } = await fixture.images.find(emptyImage);
  const file = await open(join(dir, manifest.disk.file), 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, 500);
  await file.write(Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, 500);
  await file.close();
  const machine = (await hostHere()).start(spec(emptyImage));
  expect((await reaches(machine, 'failed')).problem).toMatchObject({
    code: 'image-damaged',
    detail: expect.stringContaining(manifest.disk.file),
  });
});

it('says that QEMU is missing where nothing of it is installed', async () => {
  vi.stubEnv('PATH', '');
  const machine = (await hostHere()).start(spec(emptyImage));
  expect((await reaches(machine, 'failed')).problem.code).toBe('qemu-missing');
});
