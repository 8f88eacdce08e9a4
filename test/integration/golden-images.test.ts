import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandLine } from '../../src/broker/audit/actor.ts';
import type { Machine } from '../../src/desktops/engine.ts';
import { builtImage, reaches, spec } from './desktops-fixture.ts';
import { KeptGuests } from './kept-guests-fixture.ts';

const admin = '3f0d3c5e-6b1c-4d6a-9a3e-0e6a1f9f1a01';
const file = '/usr/share/changed-in-the-master';

describe('a golden image, in real guests', () => {
  let guests: KeptGuests;
  beforeAll(async () => {
    guests = await KeptGuests.start();
  });
  afterAll(() => guests.dispose());

  it('is changed in a master, published, and rolled back', async () => {
    const { goldenImages, desktops } = guests.virtualization;
    const { id: desktopId, basedOn } = await goldenImages.open(builtImage, commandLine);
    const wish = { userId: admin, desktopId };
    const { offer, supply } = await desktops.get(admin, desktopId);
    expect(offer).toMatchObject({ name: `${builtImage} (master)`, engine: 'para' });
    const lease = await supply.lease(wish);
    await reaches(lease.machine, 'running');
    await run(lease.machine, `echo yes > ${file}`);
    const published = await goldenImages.publish(builtImage, { notes: 'A file' }, commandLine);
    expect(published).toMatchObject({
      version: basedOn + 1,
      kind: 'published',
      current: true,
    });
    expect(lease.machine.state.kind).toBe('stopped');
    await lease.end('asked');
    expect((await listed())?.master).toBeNull();
    await guests.library.verify(await guests.library.find(builtImage));

    // The guest was asked to end: what it had only in memory is on the disk too.
    expect(await contentIn(await desktop())).toBe('yes');
    await goldenImages.choose(builtImage, basedOn, commandLine);
    expect(await contentIn(await desktop())).toBe('');
    await goldenImages.removeVersion(builtImage, published.version, commandLine);
    expect((await listed())?.versions).toMatchObject([{ version: basedOn }]);
    expect(guests.faults).toEqual([]);
  }, 400_000);

  async function listed() {
    const images = await guests.virtualization.goldenImages.list();
    return images.find(({ name }) => name === builtImage);
  }

  async function desktop(): Promise<Machine> {
    const machine = guests.host.start(spec(builtImage));
    await reaches(machine, 'running');
    return machine;
  }

  /** What the file has in it, or nothing; the desktop is over then. */
  async function contentIn(machine: Machine): Promise<string> {
    const content = await run(machine, `cat ${file} 2> /dev/null || true`);
    await machine.stop('asked');
    return content.trim();
  }
});

async function run(machine: Machine, script: string): Promise<string> {
  await machine.agent().ping({ timeoutMs: 60_000 });
  const { stdout, stderr, exitCode } = await machine.agent().run(['/bin/sh', '-c', script]);
  expect(stderr.toString()).toBe('');
  expect(exitCode).toBe(0);
  return stdout.toString();
}
