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

const id = 'T'.repeat(43);
const other = 'U'.repeat(43);

describe('terminals', () => {
  it('are listed with what they are, where they are, and who sits at them', async () => {
    const group = await scratch.terminalGroups.create('Hall', commandLine);
    await scratch.enroll(id, { groupId: group.id });
    const ada = await scratch.addUser('ada');
    await scratch.seat(ada.id, id);
    expect(await scratch.terminals.list()).toEqual([
      {
        id,
        name: 'Desk 1',
        model: 'Thin 1',
        version: '1.2.3',
        vault: 'keychain',
        address: '192.0.2.9',
        group: { id: group.id, name: 'Hall' },
        account: null,
        enrolledAt: new Date(scratch.clock.now()).toISOString(),
        enrolledBy: 'ada',
        seenAt: new Date(scratch.clock.now()).toISOString(),
        user: 'ada',
        revoked: false,
      },
    ]);
    expect(await scratch.terminals.profile(id)).toEqual({
      id,
      name: 'Desk 1',
      group: 'Hall',
      account: null,
    });
    expect(await scratch.audited('terminal.enrolled')).toMatchObject([
      { target: { kind: 'terminal', id }, detail: { vault: 'keychain', enrolledBy: 'ada' } },
    ]);
  });

  it('are renamed and moved', async () => {
    const group = await scratch.terminalGroups.create('Hall', commandLine);
    await scratch.enroll(id);
    const moved = await scratch.terminals.change(
      id,
      { name: 'Front desk', groupId: group.id },
      commandLine,
    );
    expect(moved).toMatchObject({ name: 'Front desk', group: { name: 'Hall' } });
    expect(await scratch.terminalGroups.list()).toEqual([
      { id: group.id, name: 'Hall', terminals: 1 },
    ]);
    await scratch.terminalGroups.remove(group.id, commandLine);
    expect(await scratch.terminals.list()).toMatchObject([{ name: 'Front desk', group: null }]);
    await expect(
      scratch.terminals.change(id, { groupId: group.id }, commandLine),
    ).rejects.toMatchObject({ code: 'invalid-request' });
    expect(await scratch.audited('terminal.changed')).toMatchObject([
      { detail: { changed: 'name, groupId' } },
    ]);
  });

  it('tell what they are at each start; only another vault is worth an entry', async () => {
    await scratch.enroll(id);
    const report = { model: 'Thin 2', version: '1.3.0', vault: 'keychain' } as const;
    await scratch.terminals.report(id, report, commandLine);
    expect(await scratch.audited('terminal.changed')).toEqual([]);
    await scratch.terminals.report(id, { ...report, vault: 'memory' }, commandLine);
    expect(await scratch.audited('terminal.changed')).toMatchObject([
      { detail: { vault: 'memory' } },
    ]);
    expect(await scratch.terminals.list()).toMatchObject([{ ...report, vault: 'memory' }]);
    await expect(scratch.terminals.report(other, report, commandLine)).rejects.toMatchObject({
      code: 'terminal-unknown',
    });
  });

  it('lose all that they could come back with when they are revoked', async () => {
    await scratch.enroll(id);
    await scratch.enroll(other);
    const [ada, bob] = [await scratch.addUser('ada'), await scratch.addUser('bob')];
    await scratch.seat(ada.id, id);
    await scratch.seat(bob.id, other);
    await scratch.artifact('RefreshToken', `of ${id}`, { accountId: `terminal:${id}` });
    await scratch.artifact('RefreshToken', `of ${other}`, { accountId: `terminal:${other}` });
    await scratch.artifact('Session', 'pages of ada', { accountId: ada.id });
    await scratch.terminals.revoke(id, commandLine);
    await scratch.terminals.revoke(id, commandLine);
    expect(await scratch.seats()).toEqual([bob.id]);
    expect(await scratch.artifacts()).toEqual([
      `grant of ${bob.id} at ${other}`,
      `of ${other}`,
      'pages of ada',
      `token grant of ${bob.id} at ${other}`,
    ]);
    expect(await scratch.terminals.isRegistered(id)).toBe(false);
    expect(await scratch.terminals.isRegistered(other)).toBe(true);
    await expect(scratch.terminals.profile(id)).rejects.toMatchObject({ code: 'terminal-unknown' });
    expect(await scratch.audited('terminal.revoked')).toHaveLength(1);
  });

  it('cannot be changed once they are revoked, and come back by enrolling anew', async () => {
    await scratch.enroll(id);
    await scratch.terminals.revoke(id, commandLine);
    await expect(scratch.terminals.change(id, { name: 'x' }, commandLine)).rejects.toMatchObject({
      code: 'change-conflict',
    });
    await expect(scratch.terminals.revoke(other, commandLine)).rejects.toMatchObject({
      code: 'not-found',
    });
    await scratch.enroll(id, { name: 'Desk 2' });
    expect(await scratch.terminals.list()).toMatchObject([{ name: 'Desk 2', revoked: false }]);
  });
});

describe('the account of a terminal', () => {
  it('opens its desktop, and may do nothing else', async () => {
    const [harbour, quay] = [await scratch.addPool('Harbour'), await scratch.addPool('Quay')];
    await scratch.groups.change(
      await scratch.groupId('everyone'),
      { pools: [quay.id] },
      commandLine,
    );
    await scratch.enroll(id);
    const account = { desktopId: harbour.id };
    const changed = await scratch.terminals.change(id, { account }, commandLine);
    expect(changed.account).toEqual({ desktop: { id: harbour.id, name: 'Harbour' } });
    expect((await scratch.terminals.profile(id)).account).toEqual(account);
    const [user] = await scratch.users.list();
    expect(user).toMatchObject({ kind: 'terminal', displayName: 'Desk 1' });
    expect(await scratch.permissionsOf(user?.id ?? '')).toEqual(['desktops.use']);
    const desktops = await poolDesktops(scratch).listOf(user?.id ?? '');
    expect(desktops.map(({ name }) => name)).toEqual(['Harbour']);
  });

  it('is another one for another desktop, and signed out with the old', async () => {
    const [harbour, quay] = [await scratch.addPool('Harbour'), await scratch.addPool('Quay')];
    await scratch.enroll(id);
    await scratch.terminals.change(id, { account: { desktopId: harbour.id } }, commandLine);
    const [first] = await scratch.users.list();
    await scratch.seat(first?.id ?? '', id);
    await scratch.terminals.change(id, { account: { desktopId: quay.id } }, commandLine);
    const users = await scratch.users.list();
    expect(users).toHaveLength(1);
    expect(users[0]?.id).not.toBe(first?.id);
    expect(await scratch.seats()).toEqual([]);
    expect(await scratch.artifacts()).toEqual([]);
  });

  it.each([
    ['is taken away', () => scratch.terminals.change(id, { account: null }, commandLine)],
    ['goes with a terminal that is revoked', () => scratch.terminals.revoke(id, commandLine)],
  ])('%s, with its group', async (_what, end) => {
    const { id: desktopId } = await scratch.addPool('Harbour');
    await scratch.enroll(id);
    const groups = await scratch.groups.list();
    await scratch.terminals.change(id, { account: { desktopId } }, commandLine);
    const [user] = await scratch.users.list();
    await scratch.groups.change(user?.groups[0]?.id ?? '', { name: 'Kiosk' }, commandLine);
    await end();
    expect(await scratch.terminals.list()).toMatchObject([{ account: null }]);
    expect(await scratch.users.list()).toEqual([]);
    expect(await scratch.groups.list()).toEqual(groups);
  });

  it('is looked after by its terminal alone', async () => {
    const { id: desktopId } = await scratch.addPool('Harbour');
    await scratch.enroll(id);
    await scratch.terminals.change(id, { account: { desktopId } }, commandLine);
    const [user] = await scratch.users.list();
    const group = user?.groups[0]?.id ?? '';
    const conflict = { code: 'change-conflict' };
    await expect(scratch.users.remove(user?.id ?? '', commandLine)).rejects.toMatchObject(conflict);
    await expect(scratch.groups.remove(group, commandLine)).rejects.toMatchObject(conflict);
  });
});
