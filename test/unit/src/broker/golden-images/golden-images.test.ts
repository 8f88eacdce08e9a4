import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { commandLine } from '../../../../../src/broker/audit/actor.ts';
import { markNeededImages } from '../../../../../src/broker/golden-images/image-keeper.ts';
import { storeImage } from '../../desktops/images/manifests.ts';
import { startGoldenImages } from './image-fixture.ts';

const conflict = { code: 'change-conflict' };

describe('a golden image', () => {
  it('is listed with its versions and its master', async () => {
    const { images, parent } = await startGoldenImages();
    const master = await images.open('desktop', commandLine);
    expect(await images.list()).toEqual([
      {
        name: 'desktop',
        title: 'My disk',
        versions: [
          {
            version: 1,
            kind: 'built',
            created: parent.manifest.created,
            notes: '',
            bytes: 21,
            current: true,
            dependents: 1,
          },
        ],
        master,
      },
    ]);
    expect(master).toMatchObject({ basedOn: 1, running: false });
  });

  it('has one master at most', async () => {
    const { images, audited } = await startGoldenImages();
    await images.open('desktop', commandLine);
    await expect(images.open('desktop', commandLine)).rejects.toMatchObject(conflict);
    expect(await audited('image.master-opened')).toHaveLength(1);
    await expect(images.open('other', commandLine)).rejects.toMatchObject({
      code: 'image-unknown',
    });
  });

  it('is published as the version that new desktops begin with, and rolled back', async () => {
    const { images, change, current, files, audited, library } = await startGoldenImages();
    const { id } = await images.open('desktop', commandLine);
    await change(id);
    const published = await images.publish('desktop', { notes: 'An editor' }, commandLine);
    expect(published).toMatchObject({
      version: 2,
      kind: 'published',
      notes: 'An editor',
      current: true,
      dependents: 0,
    });
    expect(await current()).toBe(2);
    expect(await files.exists(files.disk(id))).toBe(false);
    expect((await images.list())[0]?.master).toBeNull();
    expect(await audited('image.published')).toMatchObject([
      { detail: { version: 2, basedOn: 1, notes: 'An editor' } },
    ]);
    const back = await images.choose('desktop', 1, commandLine);
    expect(back.versions.map((each) => [each.version, each.current])).toEqual([
      [2, false],
      [1, true],
    ]);
    expect(await current()).toBe(1);
    expect(await images.removeVersion('desktop', 2, commandLine)).toMatchObject({ disks: 1 });
    expect((await library.versions('desktop')).versions).toHaveLength(1);
  });

  it('is not published while nothing was changed', async () => {
    const { images, current } = await startGoldenImages();
    await images.open('desktop', commandLine);
    const publishing = images.publish('desktop', { notes: '' }, commandLine);
    await expect(publishing).rejects.toMatchObject(conflict);
    expect(await current()).toBe(1);
    await images.discard('desktop', commandLine);
    const again = images.publish('desktop', { notes: '' }, commandLine);
    await expect(again).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is listed while its current version is damaged, so that another can be chosen', async () => {
    const { images, library, root, current } = await startGoldenImages();
    const { dir } = await storeImage(root, { name: 'desktop', imageVersion: 2 });
    await library.choose('desktop', 2);
    await writeFile(`${dir}/manifest.json`, '{');
    const [image] = await images.list();
    expect(image?.versions).toMatchObject([{ version: 1, current: false }]);
    await images.choose('desktop', 1, commandLine);
    expect(await current()).toBe(1);
  });

  it('keeps versions that something needs', async () => {
    const fixture = await startGoldenImages();
    const { images, change, db, library, parent } = fixture;
    const first = await images.open('desktop', commandLine);
    await change(first.id);
    await images.publish('desktop', { notes: '' }, commandLine);
    const removing = () => images.removeVersion('desktop', 1, commandLine);
    await expect(images.removeVersion('desktop', 2, commandLine)).rejects.toMatchObject(conflict);

    await images.choose('desktop', 1, commandLine);
    const second = await images.open('desktop', commandLine);
    await images.choose('desktop', 2, commandLine);
    await expect(removing()).rejects.toMatchObject(conflict);
    await fixture.masters.open(second.id, 'ada');
    await markNeededImages({ db, library });
    expect(await library.isKept(parent)).toBe(true);
    await images.discard('desktop', commandLine);
    expect(fixture.removed).toEqual([]);
    await removing();
    expect((await images.list())[0]?.versions).toHaveLength(1);
    expect(fixture.removed).toEqual(['version']);
  });
});

describe('the master of a golden image', () => {
  it('runs once, on a disk that is kept, for whoever opens it', async () => {
    const { images, masters, guests, files, parent, machines } = await startGoldenImages();
    const { id } = await images.open('desktop', commandLine);
    const [one, other] = await Promise.all([masters.open(id, 'ada'), masters.open(id, 'ben')]);
    expect(one).toBe(other);
    expect(await masters.open(id, 'ben')).toBe(one);
    expect(guests.all).toHaveLength(1);
    expect(one.spec).toMatchObject({
      image: parent.manifest.id,
      engine: 'full',
      disk: { kind: 'kept', path: files.disk(id) },
      clone: false,
    });
    expect(await machines.of('master')).toMatchObject([
      { id: one.spec.id, belongs_to: id, belongs_to_name: 'desktop', user_id: 'ada' },
    ]);
    expect((await images.list())[0]?.master?.running).toBe(true);
    await masters.giveBack(id);
    await masters.giveBack(id);
    expect(guests.latest.patience).toEqual([]);
    await masters.giveBack(id);
    expect(guests.latest.patience).toEqual([30_000]);
    expect(await machines.of('master')).toEqual([]);
    expect(await masters.open(id, 'ada')).not.toBe(one);
  });

  it('is shut down to be published, and cannot be opened meanwhile', async () => {
    const { images, masters, guests, change } = await startGoldenImages();
    const { id } = await images.open('desktop', commandLine);
    await masters.open(id, 'ada');
    await change(id);
    guests.latest.slowToStop = true;
    const publishing = images.publish('desktop', { notes: '' }, commandLine);
    await expect.poll(() => guests.latest.patience).toEqual([30_000]);
    await expect(masters.open(id, 'ada')).rejects.toMatchObject(conflict);
    await expect(images.discard('desktop', commandLine)).rejects.toMatchObject(conflict);
    guests.latest.gone();
    expect((await publishing).version).toBe(2);
    await expect(masters.open(id, 'ada')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is changed by one at a time, when two wait for the same start', async () => {
    const { images, masters } = await startGoldenImages();
    const { id } = await images.open('desktop', commandLine);
    const opening = masters.open(id, 'ada');
    let working = 0;
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    const work = async () => {
      working += 1;
      await over;
    };
    const both = [masters.withDisk(id, work), masters.withDisk(id, work)];
    await opening;
    await expect(both[1]).rejects.toMatchObject(conflict);
    await expect.poll(() => working).toBe(1);
    end();
    await both[0];
  });

  it('is given out anew when it is opened while it shuts down', async () => {
    const { images, masters, guests } = await startGoldenImages();
    const { id } = await images.open('desktop', commandLine);
    const first = await masters.open(id, 'ada');
    const guest = guests.latest;
    guest.slowToStop = true;
    const leaving = masters.giveBack(id);
    const opening = masters.open(id, 'ben');
    await expect.poll(() => guest.patience).toEqual([30_000]);
    expect(guests.all).toHaveLength(1);
    guest.gone();
    await leaving;
    expect(await opening).not.toBe(first);
    expect(guests.all).toHaveLength(2);
  });

  it('does not start while the command line has its disk, nor the other way round', async () => {
    const { images, behind, masters, files, change } = await startGoldenImages();
    const { id } = await images.open('desktop', commandLine);
    await change(id);
    const held = files.hold(id);
    await expect(masters.open(id, 'ada')).rejects.toMatchObject(conflict);
    await expect(behind.discard('desktop', commandLine)).rejects.toMatchObject(conflict);
    await expect(images.discard('desktop', commandLine)).rejects.toMatchObject(conflict);
    held.dispose();
    await behind.discard('desktop', commandLine);
  });

  it('that runs is out of reach of the command line', async () => {
    const { images, behind, masters, change } = await startGoldenImages();
    const { id } = await images.open('desktop', commandLine);
    await masters.open(id, 'ada');
    await change(id);
    const publishing = behind.publish('desktop', { notes: '' }, commandLine);
    await expect(publishing).rejects.toMatchObject(conflict);
    await expect(behind.discard('desktop', commandLine)).rejects.toMatchObject(conflict);
    await masters.giveBack(id);
    expect((await behind.publish('desktop', { notes: '' }, commandLine)).version).toBe(2);
  });

  it('may be opened again when the host had no room', async () => {
    const { images, masters, guests, machines } = await startGoldenImages();
    const { id } = await images.open('desktop', commandLine);
    guests.full = true;
    await expect(masters.open(id, 'ada')).rejects.toMatchObject({ code: 'host-full' });
    expect(await machines.of('master')).toEqual([]);
    guests.full = false;
    expect((await masters.open(id, 'ada')).spec.image).toBeDefined();
  });

  it('is taken up by a broker that comes back, unless it is gone', async () => {
    const { images, masters, startMasters, machines, guests } = await startGoldenImages();
    const { id } = await images.open('desktop', commandLine);
    const guest = await masters.open(id, 'ada');
    await masters.close('leave');
    const next = startMasters();
    expect(await next.claims()).toEqual(new Set([guest.spec.id]));
    expect(await next.takeUp(guest)).toBe(true);
    await next.begin();
    next.resume(id);
    await next.look();
    expect(await next.open(id, 'ada')).toBe(guest);
    expect(guests.latest.patience).toEqual([]);
    await next.close('leave');
    const last = startMasters();
    await last.begin();
    expect(await machines.of('master')).toEqual([]);
    expect(await last.takeUp(guests.start({ ...guest.spec, id: 'another' }))).toBe(false);
    await last.close('leave');
  });

  it('is shut down when the broker comes back and nobody has it any more', async () => {
    const { images, masters, startMasters, guests } = await startGoldenImages();
    const { id } = await images.open('desktop', commandLine);
    const guest = await masters.open(id, 'ada');
    await masters.close('leave');
    const next = startMasters();
    await next.takeUp(guest);
    await next.begin();
    await next.look();
    expect(guests.latest.patience).toEqual([30_000]);
    await next.close('leave');
  });
});
