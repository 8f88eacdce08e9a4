import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandLine } from '../../../../../src/broker/audit/actor.ts';
import { poolDesktops } from '../../../../fakes/pool-desktops.ts';
import {
  type ScratchAdministration,
  startAdministration,
} from '../../../../fakes/scratch-administration.ts';

let scratch: ScratchAdministration;
beforeEach(async () => {
  scratch = await startAdministration();
});
afterEach(() => scratch.end());

/** What may go with a pool. */
const keeping = { endSessions: false, destroyDisks: false };
const all = { endSessions: true, destroyDisks: true };

describe('pools', () => {
  it('are for the members of entitled groups, once each', async () => {
    const [first, second] = [await scratch.addGroup('first'), await scratch.addGroup('second')];
    const [ada, bob] = [
      await scratch.addUser('ada', [first.id, second.id]),
      await scratch.addUser('bob'),
    ];
    const harbour = await scratch.addPool('Harbour', [first.id]);
    await scratch.pools.entitle(harbour.id, second.id, commandLine);
    await scratch.pools.entitle(harbour.id, second.id, commandLine);
    const desktops = poolDesktops(scratch);
    expect(await desktops.listOf(ada.id)).toMatchObject([{ name: 'Harbour', session: null }]);
    expect(await desktops.get(ada.id, harbour.id)).toMatchObject({
      offer: { name: 'Harbour' },
    });
    expect(await desktops.listOf(bob.id)).toEqual([]);
    for (const id of [harbour.id, crypto.randomUUID()]) {
      await expect(desktops.get(bob.id, id)).rejects.toMatchObject({ code: 'desktop-not-found' });
    }
    expect(await scratch.pools.list()).toMatchObject([
      { name: 'Harbour', memoryMb: 256, groups: [{ name: 'first' }, { name: 'second' }] },
    ]);
    expect(await scratch.audited('pool.changed')).toHaveLength(1);
  });

  it('are not made for a group that is not there', async () => {
    await expect(scratch.addPool('Harbour', [crypto.randomUUID()])).rejects.toMatchObject({
      code: 'invalid-request',
    });
    expect(await scratch.pools.list()).toEqual([]);
  });

  it('change in what is given, and are withdrawn from whom they were for', async () => {
    const [first, second] = [await scratch.addGroup('first'), await scratch.addGroup('second')];
    const ada = await scratch.addUser('ada', [first.id]);
    const { id } = await scratch.addPool('Harbour', [first.id, second.id]);
    const { pools } = scratch;
    const changed = await pools.change(id, { name: 'Quay', memoryMb: 512 }, commandLine);
    expect(changed).toMatchObject({ name: 'Quay', memoryMb: 512, cpus: 1, image: 'porthole' });
    await pools.withdraw(id, first.id, commandLine);
    await pools.withdraw(id, first.id, commandLine);
    expect(await poolDesktops(scratch).listOf(ada.id)).toEqual([]);
    const [left] = await pools.list();
    expect(left?.groups).toEqual([{ id: second.id, name: 'second' }]);
    await pools.change(id, { groups: [] }, commandLine);
    expect(await scratch.audited('pool.changed')).toMatchObject([
      { detail: { changed: 'groups', groups: '' } },
      { detail: { changed: 'groups', groups: 'second' } },
      { target: { name: 'Harbour' }, detail: { changed: 'name, memoryMb' } },
    ]);
    const unknown = crypto.randomUUID();
    await expect(pools.change(unknown, {}, commandLine)).rejects.toMatchObject({
      code: 'not-found',
    });
    await expect(pools.change(id, { groups: [unknown] }, commandLine)).rejects.toMatchObject({
      code: 'invalid-request',
    });
  });

  it('can be removed, and what was done on them stays in the list', async () => {
    const group = await scratch.addGroup('crew');
    const ada = await scratch.addUser('ada', [group.id]);
    const desktop = await scratch.addPool('Harbour', [group.id]);
    const id = await scratch.session(ada, desktop, { endedAt: 2 });
    await scratch.pools.remove(desktop.id, keeping, commandLine);
    expect(await scratch.pools.list()).toEqual([]);
    expect((await scratch.groups.list()).flatMap(({ pools }) => pools)).toEqual([]);
    expect(await scratch.sessionHistory.list({ limit: 10 })).toMatchObject([
      { id, desktop: 'Harbour' },
    ]);
    expect(await scratch.sessionHistory.find(id)).toMatchObject({ desktop: 'Harbour' });
    expect(await scratch.audited('pool.removed')).toMatchObject([
      { target: { name: 'Harbour' }, detail: { sessionsEnded: 0, disks: 0 } },
    ]);
  });

  it('stay while sessions run on them, unless those may end and shall', async () => {
    const ada = await scratch.addUser('ada');
    const desktop = await scratch.addPool('Harbour');
    await scratch.session(ada, desktop);
    const remove = (endSessions: boolean, by = commandLine) =>
      scratch.pools.remove(desktop.id, { ...keeping, endSessions }, by);
    await expect(remove(false)).rejects.toMatchObject({ code: 'change-conflict' });
    const clerk = await scratch.actor('clerk', ['pools.manage']);
    await expect(remove(true, clerk)).rejects.toMatchObject({ code: 'permission-missing' });
    await remove(true, await scratch.actor('helper', ['pools.manage', 'sessions.end']));
    expect(await scratch.pools.list()).toEqual([]);
  });

  it('stay while the account of a terminal opens them', async () => {
    const desktop = await scratch.addPool('Harbour');
    const terminalId = 'T'.repeat(43);
    await scratch.enroll(terminalId);
    const account = { desktopId: desktop.id };
    await scratch.terminals.change(terminalId, { account }, commandLine);
    const remove = () => scratch.pools.remove(desktop.id, all, commandLine);
    await expect(remove()).rejects.toMatchObject({ code: 'change-conflict' });
    await scratch.terminals.change(terminalId, { account: null }, commandLine);
    await remove();
  });
});
