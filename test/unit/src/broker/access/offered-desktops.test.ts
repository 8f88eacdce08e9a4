import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandLine } from '../../../../../src/broker/audit/actor.ts';
import { createDesktops } from '../../../../../src/broker/desktops.ts';
import {
  type ScratchAdministration,
  startAdministration,
} from '../../../../fakes/scratch-administration.ts';

let scratch: ScratchAdministration;
beforeEach(async () => {
  scratch = await startAdministration();
});
afterEach(() => scratch.end());

describe('desktops', () => {
  it('are for the members of entitled groups, once each', async () => {
    const [first, second] = [await scratch.addGroup('first'), await scratch.addGroup('second')];
    const [ada, bob] = [
      await scratch.addUser('ada', [first.id, second.id]),
      await scratch.addUser('bob'),
    ];
    const harbour = await scratch.addDesktop('Harbour', [first.id]);
    await scratch.offeredDesktops.entitle(harbour.id, second.id, commandLine);
    await scratch.offeredDesktops.entitle(harbour.id, second.id, commandLine);
    const desktops = createDesktops({ db: scratch.db });
    expect(await desktops.listOf(ada.id)).toMatchObject([{ name: 'Harbour', session: null }]);
    expect(await desktops.get(ada.id, harbour.id)).toMatchObject({ name: 'Harbour' });
    expect(await desktops.listOf(bob.id)).toEqual([]);
    for (const id of [harbour.id, crypto.randomUUID()]) {
      await expect(desktops.get(bob.id, id)).rejects.toMatchObject({ code: 'desktop-not-found' });
    }
    expect(await scratch.offeredDesktops.list()).toMatchObject([
      { name: 'Harbour', memoryMb: 256, groups: [{ name: 'first' }, { name: 'second' }] },
    ]);
    expect(await scratch.audited('desktop.changed')).toHaveLength(1);
  });

  it('are not made for a group that is not there', async () => {
    await expect(scratch.addDesktop('Harbour', [crypto.randomUUID()])).rejects.toMatchObject({
      code: 'invalid-request',
    });
    expect(await scratch.offeredDesktops.list()).toEqual([]);
  });

  it('change in what is given, and are withdrawn from whom they were for', async () => {
    const [first, second] = [await scratch.addGroup('first'), await scratch.addGroup('second')];
    const ada = await scratch.addUser('ada', [first.id]);
    const { id } = await scratch.addDesktop('Harbour', [first.id, second.id]);
    const { offeredDesktops } = scratch;
    const changed = await offeredDesktops.change(id, { name: 'Quay', memoryMb: 512 }, commandLine);
    expect(changed).toMatchObject({ name: 'Quay', memoryMb: 512, cpus: 1, image: 'porthole' });
    await offeredDesktops.withdraw(id, first.id, commandLine);
    await offeredDesktops.withdraw(id, first.id, commandLine);
    expect(await createDesktops({ db: scratch.db }).listOf(ada.id)).toEqual([]);
    const [left] = await offeredDesktops.list();
    expect(left?.groups).toEqual([{ id: second.id, name: 'second' }]);
    await offeredDesktops.change(id, { groups: [] }, commandLine);
    expect(await scratch.audited('desktop.changed')).toMatchObject([
      { detail: { changed: 'groups', groups: '' } },
      { detail: { changed: 'groups', groups: 'second' } },
      { target: { name: 'Harbour' }, detail: { changed: 'name, memoryMb' } },
    ]);
    const unknown = crypto.randomUUID();
    await expect(offeredDesktops.change(unknown, {}, commandLine)).rejects.toMatchObject({
      code: 'not-found',
    });
    await expect(
      offeredDesktops.change(id, { groups: [unknown] }, commandLine),
    ).rejects.toMatchObject({ code: 'invalid-request' });
  });

  it('can be removed, and what was done on them stays in the list', async () => {
    const group = await scratch.addGroup('crew');
    const ada = await scratch.addUser('ada', [group.id]);
    const desktop = await scratch.addDesktop('Harbour', [group.id]);
    const id = await scratch.session(ada, desktop, { endedAt: 2 });
    await scratch.offeredDesktops.remove(desktop.id, { endSessions: false }, commandLine);
    expect(await scratch.offeredDesktops.list()).toEqual([]);
    expect((await scratch.groups.list()).flatMap(({ desktops }) => desktops)).toEqual([]);
    expect(await scratch.sessionHistory.list({ limit: 10 })).toMatchObject([
      { id, desktop: 'Harbour' },
    ]);
    expect(await scratch.sessionHistory.find(id)).toMatchObject({ desktop: 'Harbour' });
    expect(await scratch.audited('desktop.removed')).toMatchObject([
      { target: { name: 'Harbour' }, detail: { sessionsEnded: 0 } },
    ]);
  });

  it('stay while sessions run on them, unless those may end and shall', async () => {
    const ada = await scratch.addUser('ada');
    const desktop = await scratch.addDesktop('Harbour');
    await scratch.session(ada, desktop);
    const remove = (endSessions: boolean, by = commandLine) =>
      scratch.offeredDesktops.remove(desktop.id, { endSessions }, by);
    await expect(remove(false)).rejects.toMatchObject({ code: 'change-conflict' });
    const clerk = await scratch.actor('clerk', ['desktops.manage']);
    await expect(remove(true, clerk)).rejects.toMatchObject({ code: 'permission-missing' });
    await remove(true, await scratch.actor('helper', ['desktops.manage', 'sessions.end']));
    expect(await scratch.offeredDesktops.list()).toEqual([]);
  });

  it('stay while the account of a terminal opens them', async () => {
    const desktop = await scratch.addDesktop('Harbour');
    const terminalId = 'T'.repeat(43);
    await scratch.enroll(terminalId);
    const account = { desktopId: desktop.id };
    await scratch.terminals.change(terminalId, { account }, commandLine);
    const remove = () =>
      scratch.offeredDesktops.remove(desktop.id, { endSessions: true }, commandLine);
    await expect(remove()).rejects.toMatchObject({ code: 'change-conflict' });
    await scratch.terminals.change(terminalId, { account: null }, commandLine);
    await remove();
  });
});
